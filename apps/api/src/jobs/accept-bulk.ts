import { SubmitJobRequest, type ErrorBody, type JobObject } from '@sluice/contract';
import { presentJob, type Principal } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { presentError } from '../http/errors.ts';
import { parse } from '../http/parse.ts';
import { acceptedOrThrow, acceptJob, planSubmission } from './accept-jobs.ts';
import type { JobParts } from './parts.ts';

export type BulkRow = { index: number; job: JobObject } | ({ index: number } & Pick<ErrorBody, 'error' | 'errors'>);

interface Bulk {
  caller: Principal;
  rows: unknown[];
  idempotencyKey: string | null;
  requestId: string;
}

/** Submits rows that each stand alone: a bad one is answered with its error and changes nothing for the others. */
export function acceptBulk(parts: JobParts, { caller, rows, idempotencyKey, requestId }: Bulk): Promise<BulkRow[]> {
  const acceptRow = async (row: unknown, index: number): Promise<BulkRow> => {
    try {
      const request = parse(SubmitJobRequest, row);
      const submission = await planSubmission(parts, caller, request, idempotencyKey === null ? null : `${idempotencyKey}/${index}`);
      return { index, job: presentJob(acceptedOrThrow(await acceptJob(parts, submission)).job) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { error: body, errors } = presentError(error, requestId);
      return { index, error: body, errors };
    }
  };
  return Promise.all(rows.map(acceptRow));
}

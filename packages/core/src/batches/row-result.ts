import {
  errorCatalogue,
  type BatchEndpoint,
  type BatchRowObject,
  type BatchRowResult,
  type BatchRowStatus,
  type ResponseEcho,
} from '@sluice/contract';
import type { AppError } from '@sluice/platform';
import { presentJob, type JobView } from '../jobs/index.ts';
import {
  failedJobError,
  presentChatCompletion,
  presentEmbeddingList,
  presentModeration,
  presentOpenAiError,
  presentResponse,
} from '../openai-surface/index.ts';

/** The answer that a row was refused with, as its route would have answered. */
export interface Refusal {
  status_code: number;
  body: unknown;
}

/** A row with the job that it became, if it did. */
export interface BatchRow {
  batchId: string;
  line: number;
  customId: string;
  status: BatchRowStatus;
  jobId: string | null;
  seq: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  refusal: Refusal | null;
  job: (JobView & { surfaceEcho?: unknown }) | null;
}

/** Rows have no ids of their own: this one says which line of which batch it is. */
export function rowIdOf({ batchId, line }: Pick<BatchRow, 'batchId' | 'line'>): string {
  return `${batchId.replace(/^batch_/, 'batch_req_')}_${line}`;
}

/** The line of a row's id; null for what is no row of this batch. */
export function lineOfRowId(batchId: string, id: string): number | null {
  const [, line] = /_([1-9]\d{0,8})$/.exec(id) ?? [];
  return line !== undefined && rowIdOf({ batchId, line: Number(line) }) === id ? Number(line) : null;
}

/** Why a row was refused, in the words of its route. */
export function renderRefusal(endpoint: BatchEndpoint, error: AppError): Refusal {
  if (endpoint !== '/v1/jobs') {
    const { status, body } = presentOpenAiError(error);
    return { status_code: status, body };
  }
  const { code, message, param, faults } = error;
  return { status_code: error.status, body: { error: { message, type: errorCatalogue[code].type, code, param }, errors: faults } };
}

/** A row's line of the output or the error file. Pure. */
export function renderRowResult(endpoint: BatchEndpoint, row: BatchRow): BatchRowResult {
  return { id: rowIdOf(row), custom_id: row.customId, ...outcomeOf(endpoint, row) };
}

/** A row as the API lists it. */
export function presentRow(endpoint: BatchEndpoint, row: BatchRow): BatchRowObject {
  const { line, status, jobId, seq, job } = row;
  return { ...renderRowResult(endpoint, row), object: 'batch.row', line, status, job_id: jobId, seq, cost: job?.cost ?? null };
}

function outcomeOf(endpoint: BatchEndpoint, row: BatchRow): Pick<BatchRowResult, 'response' | 'error'> {
  const { status, job, refusal } = row;
  if (status === 'pending' || status === 'submitted') return { response: null, error: null };
  if (status === 'completed' && job) return { response: answerOf(job.id, 200, answerBody(endpoint, job)), error: null };
  if (status === 'failed' && refusal) return { response: answerOf(rowIdOf(row), refusal.status_code, refusal.body), error: null };
  if (status === 'failed' && job?.status === 'failed') {
    const { status_code: statusCode, body } = renderRefusal(endpoint, failedJobError(job));
    return { response: answerOf(job.id, statusCode, body), error: null };
  }
  return { response: null, error: { code: row.errorCode ?? 'internal', message: row.errorMessage ?? '' } };
}

function answerOf(id: string, statusCode: number, body: unknown): BatchRowResult['response'] {
  return { status_code: statusCode, request_id: id.replace(/^(job|batch_req)_/, 'req_'), body };
}

function answerBody(endpoint: BatchEndpoint, job: JobView & { surfaceEcho?: unknown }): unknown {
  switch (endpoint) {
    case '/v1/chat/completions':
      return presentChatCompletion(job);
    case '/v1/responses':
      return presentResponse(job, job.surfaceEcho as ResponseEcho);
    case '/v1/embeddings':
      return presentEmbeddingList(job);
    case '/v1/moderations':
      return presentModeration(job);
    case '/v1/jobs':
      return presentJob(job);
  }
}

import { textOutput, type RowEnd, type RunRow } from '@sluice/client';

/** What stands in the output for one row. Rows count from 1. */
export interface ResultRow {
  row: number;
  line: number;
  id: string;
  status: string;
  text: string | null;
  finish_reason: string | null;
  error: { code: string; message: string } | null;
  job_id: string | null;
  input_tokens: number;
  output_tokens: number;
  /** Null when the job was not settled yet. */
  cost: string | null;
}

export interface RowName {
  line: number;
  id: string;
  values: RunRow;
}

export function presentResult({ row, job, error }: RowEnd, { line, id }: RowName): ResultRow {
  const fault = error ?? job.error;
  const output = job && textOutput(job);
  return {
    row,
    line,
    id,
    status: job?.status ?? 'refused',
    text: output?.text ?? null,
    finish_reason: output?.finish_reason ?? null,
    error: fault ? { code: fault.code, message: fault.message } : null,
    job_id: job?.id ?? null,
    input_tokens: job?.usage?.input_tokens ?? 0,
    output_tokens: job?.usage?.output_tokens ?? 0,
    cost: job?.billing.cost ?? null,
  };
}

export const hasFailed = ({ status }: Pick<ResultRow, 'status'>): boolean => status !== 'completed' && status !== 'incomplete';

import type { Jobs } from './jobs.ts';
import { randomKey } from './random-key.ts';
import { renderPrompt } from './render-prompt.ts';
import { runJobs, type JobTask, type RowEnd, type RunJobsOptions } from './run-jobs.ts';
import { textOutput } from './text-output.ts';
import type { JobRequest } from './wire.ts';

export type RunRow = Record<string, unknown>;

export interface RunProgress {
  /** Rows that have ended, failed ones included. */
  done: number;
  failed: number;
  input_tokens: number;
  output_tokens: number;
}

/** What each row is asked: by a prompt with `{{names}}` of the row, by a template on the server, or by a function of your own. */
export type RowRequest<Row> =
  | ({ prompt: string } & Omit<JobRequest, 'input' | 'messages'>)
  | ({ template: string; variables?: RunRow } & Partial<Omit<JobRequest, 'input' | 'messages'>>)
  | { request: (row: Row, index: number) => JobRequest };

export type RunOptions<Row> = RowRequest<Row> &
  Pick<RunJobsOptions, 'concurrency' | 'signal'> & {
    onProgress?: (progress: RunProgress) => void;
    /** Names the run: what was submitted under it before is not submitted again. A new one is made up when it is left out. */
    runKey?: string;
  };

export type RunResult<Row> = { index: number; row: Row; text: string | null } & Pick<RowEnd, 'job' | 'error'>;

export async function* runBatch<Row extends RunRow>(
  jobs: Jobs,
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: RunOptions<Row>,
): AsyncGenerator<RunResult<Row>, void, undefined> {
  const { concurrency, signal, onProgress, runKey = randomKey(), ...ask } = options;
  const progress: RunProgress = { done: 0, failed: 0, input_tokens: 0, output_tokens: 0 };
  const underWay = new Map<number, Row>();

  async function* tasks(): AsyncGenerator<JobTask> {
    let index = 0;
    for await (const row of rows) {
      underWay.set(index, row);
      yield { row: index, request: requestOf(ask as RowRequest<Row>, row, index), idempotencyKey: `${runKey}/${index}` };
      index += 1;
    }
  }

  for await (const end of runJobs(jobs, tasks(), { ...(concurrency && { concurrency }), ...(signal && { signal }) })) {
    count(progress, end);
    onProgress?.({ ...progress });
    const row = underWay.get(end.row) as Row;
    underWay.delete(end.row);
    yield {
      index: end.row,
      row,
      text: isAnswer(end) ? ((end.job && textOutput(end.job)?.text) ?? '') : null,
      job: end.job,
      error: end.error,
    };
  }
}

/** All results, in the order of the rows. */
export async function gatherBatch<Row>(results: AsyncIterable<RunResult<Row>>): Promise<RunResult<Row>[]> {
  const all: RunResult<Row>[] = [];
  for await (const result of results) all.push(result);
  return all.sort((a, b) => a.index - b.index);
}

function requestOf<Row extends RunRow>(ask: RowRequest<Row>, row: Row, index: number): JobRequest {
  if ('request' in ask) return ask.request(row, index);
  // The template names its model; the contract does not have this form of a job yet.
  if ('template' in ask) return { priority: 'batch', ...ask, variables: { ...ask.variables, ...row } } as unknown as JobRequest;
  const { prompt, ...rest } = ask;
  return { priority: 'batch', ...rest, input: renderPrompt(prompt, row) };
}

/** A row succeeded when its job has an answer, a cut one included. */
export function isAnswer({ job }: Pick<RowEnd, 'job'>): boolean {
  return job?.status === 'completed' || job?.status === 'incomplete';
}

function count(progress: RunProgress, end: RowEnd): void {
  progress.done += 1;
  if (!isAnswer(end)) progress.failed += 1;
  progress.input_tokens += end.job?.usage?.input_tokens ?? 0;
  progress.output_tokens += end.job?.usage?.output_tokens ?? 0;
}

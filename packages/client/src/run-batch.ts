import type { Jobs } from './jobs.ts';
import { randomKey } from './random-key.ts';
import { createRowPlanner, type RowRequest, type RunRow } from './row-request.ts';
import { runJobs, type JobTask, type RowEnd, type RunJobsOptions } from './run-jobs.ts';
import { textOutput } from './text-output.ts';
import type { Templates } from './templates.ts';

export type { RowRequest, RunRow } from './row-request.ts';

export interface RunProgress {
  /** Rows that have ended, failed ones included. */
  done: number;
  failed: number;
  input_tokens: number;
  output_tokens: number;
}

export type RunOptions<Row> = RowRequest<Row> &
  Pick<RunJobsOptions, 'concurrency' | 'signal'> & {
    onProgress?: (progress: RunProgress) => void;
    /** Names the run: what was submitted under it before is not submitted again. A new one is made up when it is left out. */
    runKey?: string;
  };

export type RunResult<Row> = { index: number; row: Row; text: string | null } & Pick<RowEnd, 'job' | 'error'>;

export async function* runBatch<Row extends RunRow>(
  { jobs, templates }: { jobs: Jobs; templates: Templates },
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: RunOptions<Row>,
): AsyncGenerator<RunResult<Row>, void, undefined> {
  const { concurrency, signal, onProgress, runKey = randomKey(), ...ask } = options;
  const progress: RunProgress = { done: 0, failed: 0, input_tokens: 0, output_tokens: 0 };
  const underWay = new Map<number, Row>();
  const plan = await createRowPlanner(templates, ask as RowRequest<Row>, signal);

  async function* tasks(): AsyncGenerator<JobTask> {
    let index = 0;
    for await (const row of rows) {
      underWay.set(index, row);
      yield { row: index, request: plan(row, index), idempotencyKey: `${runKey}/${index}` };
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

import { createPages, type PageQuery, type Pages } from './pages.ts';
import type { Jobs } from './jobs.ts';
import { gatherBatch, runBatch, type RunOptions, type RunResult, type RunRow } from './run-batch.ts';
import type { Templates } from './templates.ts';
import type { CallOptions, CreateOptions, Transport } from './transport.ts';
import type { Batch, BatchRequest, BatchRow } from './wire.ts';

export interface Batches {
  create(request: Omit<BatchRequest, 'completion_window'> & { completion_window?: string }, options?: CreateOptions): Promise<Batch>;
  list(query?: PageQuery, options?: CallOptions): Pages<Batch>;
  get(batchId: string, options?: CallOptions): Promise<Batch>;
  cancel(batchId: string, options?: CallOptions): Promise<Batch>;
  pause(batchId: string, options?: CallOptions): Promise<Batch>;
  /** With `budget_credits` under a new budget; null lifts it. */
  resume(batchId: string, changes?: { budget_credits?: string | null }, options?: CallOptions): Promise<Batch>;
  retryFailed(batchId: string, options?: CreateOptions): Promise<Batch>;
  /** What became of its lines, while it runs too; `finished` are those that ended, in that order. */
  rows(batchId: string, query?: PageQuery & { status?: BatchRow['status'] | 'finished' }, options?: CallOptions): Pages<BatchRow>;
  /**
   * Asks once for each row, with a bounded number under way, and answers all results in the order of the rows. With the same
   * `runKey` and the same rows it goes on where it was left: no row is submitted twice.
   */
  run<Row extends RunRow>(rows: Iterable<Row> | AsyncIterable<Row>, options: RunOptions<Row>): Promise<RunResult<Row>[]>;
  /** The same, for more rows than memory holds: each result as it comes. */
  each<Row extends RunRow>(
    rows: Iterable<Row> | AsyncIterable<Row>,
    options: RunOptions<Row>,
  ): AsyncGenerator<RunResult<Row>, void, undefined>;
}

export function createBatches(transport: Transport, { jobs, templates }: { jobs: Jobs; templates: Templates }): Batches {
  const pathOf = (batchId: string, verb = '') => `/v1/batches/${encodeURIComponent(batchId)}${verb}`;
  const act = (verb: string) => (batchId: string, options?: CreateOptions) =>
    transport.json<Batch>({ ...options, method: 'POST', path: pathOf(batchId, `/${verb}`) });
  return {
    create: (request, options) =>
      transport.json({ ...options, method: 'POST', path: '/v1/batches', body: { completion_window: '24h', ...request } }),
    list: (query, options) => createPages<Batch>(transport, '/v1/batches', query, options),
    get: (batchId, options) => transport.json({ ...options, path: pathOf(batchId) }),
    cancel: act('cancel'),
    pause: act('pause'),
    resume: (batchId, body = {}, options) => transport.json({ ...options, method: 'POST', path: pathOf(batchId, '/resume'), body }),
    retryFailed: act('retry-failed'),
    rows: (batchId, query, options) => createPages<BatchRow>(transport, pathOf(batchId, '/rows'), query, options),
    run: (rows, options) => gatherBatch(runBatch({ jobs, templates }, rows, options)),
    each: (rows, options) => runBatch({ jobs, templates }, rows, options),
  };
}

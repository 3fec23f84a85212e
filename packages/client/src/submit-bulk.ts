import { randomKey } from './random-key.ts';
import type { CreateOptions, Transport } from './transport.ts';
import type { AnyJobRequest, ErrorBody, Fault, Job } from './wire.ts';

export type BulkRow = { index: number; job: Job } | { index: number; error: ErrorBody['error']; errors?: Fault[] };

/** What the server takes at once. */
const rowsMax = 1000;

/** One request per 1,000 jobs, one after the other; row `i` has the idempotency key `<key>/<i / 1000>/<i % 1000>`. */
export async function submitBulk(transport: Transport, requests: AnyJobRequest[], options: CreateOptions = {}): Promise<BulkRow[]> {
  const key = options.idempotencyKey ?? randomKey();
  const rows: BulkRow[] = [];
  for (let from = 0; from < requests.length; from += rowsMax) {
    const body = { jobs: requests.slice(from, from + rowsMax) };
    const idempotencyKey = `${key}/${from / rowsMax}`;
    const { data } = await transport.json<{ data: BulkRow[] }>({ ...options, method: 'POST', path: '/v1/jobs/bulk', body, idempotencyKey });
    rows.push(...data.map((row) => ({ ...row, index: row.index + from })));
  }
  return rows;
}

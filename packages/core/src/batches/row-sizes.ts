import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** What the vectors of one page of rows may weigh together, as they are stored. */
const pageBytesMax = 32 * 1024 * 1024;

/**
 * The first rows of a page whose embeddings fit into memory together, at least one: 200 rows of 2,048 vectors each would be
 * gigabytes. Their sizes are known without reading them.
 */
export async function fittingRows<Row extends { jobId: string | null }>(
  em: EntityManager,
  rows: Row[],
  bytesMax: number = pageBytesMax,
): Promise<Row[]> {
  const sizes = await execute<{ id: string; bytes: number }>(
    em,
    sql`select id, pg_column_size(output) as bytes from jobs
        where id = any(${rows.flatMap(({ jobId }) => jobId ?? [])}) and kind = 'embedding' and output is not null`,
  );
  const bytesOf = new Map(sizes.map(({ id, bytes }) => [id, bytes]));
  let left = bytesMax;
  const end = rows.findIndex(({ jobId }, i) => (left -= bytesOf.get(jobId ?? '') ?? 0) < 0 && i > 0);
  return end < 0 ? rows : rows.slice(0, end);
}

import type { EntityManager } from '@mikro-orm/postgresql';
import { listOrders, type Order } from '../billing/index.ts';
import { renderCsv } from './render-csv.ts';

const pageSize = 1000;

/** All orders, or one user's, as CSV with a head line, newest first, a chunk a page. */
export async function* exportOrders(em: EntityManager, { userId }: { userId: string | undefined }): AsyncGenerator<string> {
  yield renderCsv([['id', 'user_id', 'amount', 'note', 'created_by', 'created_at']]);
  for (let after: string | undefined; ;) {
    const read: Order[] = await listOrders(em, { limit: pageSize, order: 'desc', after, user_id: userId });
    const page = read.slice(0, pageSize);
    yield renderCsv(page.map(({ id, userId, amount, note, createdBy, createdAt }) => [id, userId, amount, note, createdBy, createdAt]));
    if (read.length <= pageSize) return;
    after = page.at(-1)?.id;
  }
}

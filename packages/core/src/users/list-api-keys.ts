import type { ListQuery } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { ApiKey } from './api-key.entity.ts';
import { unknownCursor } from './unknown-cursor.ts';

/**
 * One page of a user's keys that are not revoked, and one row more, if there is one. A key revoked since the last page is still
 * a good cursor.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listApiKeys(em: EntityManager, userId: string, { limit, after, order }: ListQuery): Promise<ApiKey[]> {
  if (after !== undefined && (await em.count(ApiKey, { id: after, userId })) === 0) throw unknownCursor();
  const beyond = after === undefined ? {} : { id: order === 'desc' ? { $lt: after } : { $gt: after } };
  return em.find(ApiKey, { userId, revokedAt: null, ...beyond }, { orderBy: { id: order }, limit: limit + 1 });
}

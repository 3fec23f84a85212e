import type { UserListQuery } from '@sluice/contract';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { unknownCursor } from './unknown-cursor.ts';
import { User } from './user.entity.ts';

/**
 * One page of all users, and one row more, if there is one.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listUsers(em: EntityManager, query: UserListQuery): Promise<User[]> {
  const { limit, after, order, email, external_id: externalId, role } = query;
  if (after !== undefined && (await em.count(User, { id: after })) === 0) throw unknownCursor();
  const where: FilterQuery<User> = {
    ...(after !== undefined && { id: order === 'desc' ? { $lt: after } : { $gt: after } }),
    ...(email !== undefined && { email }),
    ...(externalId !== undefined && { externalId }),
    ...(role !== undefined && { role }),
  };
  return em.find(User, where, { orderBy: { id: order }, limit: limit + 1 });
}

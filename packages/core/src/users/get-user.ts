import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { User } from './user.entity.ts';

/** @throws AppError `not_found` */
export async function getUser(em: EntityManager, id: string): Promise<User> {
  const user = await em.findOne(User, { id });
  if (!user) throw notFound('user');
  return user;
}

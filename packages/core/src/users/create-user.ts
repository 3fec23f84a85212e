import type { CreateUserRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { inTransaction } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { insertUser } from './insert-user.ts';
import { hashPassword } from './passwords.ts';
import { User } from './user.entity.ts';

interface CreateUser {
  actorId: string;
  request: CreateUserRequest;
  idempotencyKey: string | null;
  now: Date;
}

/**
 * An administrator makes a user, once per idempotency key.
 * @throws AppError `conflict` when the e-mail address or the external id is taken
 */
export async function createUser(em: EntityManager, { actorId, request, idempotencyKey, now }: CreateUser): Promise<User> {
  const { email, external_id: externalId, password, role } = request;
  const passwordHash = password === undefined ? null : await hashPassword(password);
  // The key's row keeps a fast hash of the body, which would give a weak password away.
  const body = { ...request, password: password !== undefined };
  return inTransaction(em, async (tx) => {
    const { objectId } = await onceByKey(tx, { userId: actorId, route: 'users', key: idempotencyKey, body }, async () => {
      const user = await insertUser(tx, { email, externalId, passwordHash, role, now });
      await recordAction(tx, { actorId, action: 'user.create', objectId: user.id, details: { role } });
      return user.id;
    });
    return tx.findOneOrFail(User, { id: objectId });
  });
}

import { newId, type CreateApiKeyRequest, type Scope } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { ApiKey } from './api-key.entity.ts';
import type { Principal } from './principal.ts';
import { hashSecret, newApiKeySecret } from './secrets.ts';

interface CreateApiKey {
  principal: Principal;
  request: CreateApiKeyRequest;
  idempotencyKey: string | null;
  now: Date;
}

export interface CreatedApiKey {
  key: ApiKey;
  /** Null when this idempotency key made the API key before: a secret is shown once. */
  secret: string | null;
}

/**
 * Makes an API key of the caller's own, once per idempotency key. Nobody hands on more than they have.
 * @throws AppError `forbidden` for scopes the caller lacks, `invalid_request` for an expiry that has passed
 */
export async function createApiKey(em: EntityManager, { principal, request, idempotencyKey, now }: CreateApiKey): Promise<CreatedApiKey> {
  refuseMore(principal, request.scopes);
  const expiresAt = expiryOf(request, now);
  const { userId } = principal;
  const secret = newApiKeySecret();
  return inTransaction(em, async (tx) => {
    const { objectId, isNew } = await onceByKey(tx, { userId, route: 'api-keys', key: idempotencyKey, body: request }, async () => {
      const id = newId('apiKey');
      await insertApiKey(tx, {
        id,
        userId,
        secret,
        name: request.name,
        scopes: request.scopes,
        requestsPerMinute: request.requests_per_minute,
        expiresAt,
        now,
      });
      await recordAction(tx, { actorId: userId, action: 'api_key.create', objectId: id, details: { scopes: request.scopes } });
      return id;
    });
    return { key: await tx.findOneOrFail(ApiKey, { id: objectId }), secret: isNew ? secret : null };
  });
}

export interface NewApiKey {
  id: string;
  userId: string;
  secret: string;
  name: string;
  scopes: readonly Scope[];
  requestsPerMinute: number | null;
  expiresAt: Date | null;
  now: Date;
}

/** Writes a key; one whose secret is there already is left as it is. */
export async function insertApiKey(tx: EntityManager, key: NewApiKey): Promise<void> {
  await execute(
    tx,
    sql`insert into api_keys (id, user_id, name, hash, last_four, scopes, requests_per_minute, expires_at, created_at)
        values (${key.id}, ${key.userId}, ${key.name}, ${hashSecret(key.secret)}, ${key.secret.slice(-4)}, ${key.scopes}::text[],
                ${key.requestsPerMinute}, ${key.expiresAt}, ${key.now})
        on conflict (hash) do nothing`,
  );
}

function refuseMore({ scopes: own, role }: Principal, wanted: readonly Scope[]): void {
  const lacking = wanted.find((scope) => !own.includes(scope) || (scope.startsWith('admin:') && role !== 'admin'));
  if (lacking) throw new AppError('forbidden', `You lack the scope ${lacking} and cannot give it to a key.`, { param: 'scopes' });
}

function expiryOf({ expires_at: expiresAt }: CreateApiKeyRequest, now: Date): Date | null {
  if (expiresAt === null) return null;
  const expiry = new Date(expiresAt);
  if (expiry > now) return expiry;
  const fault = { path: 'expires_at', message: 'must be in the future' };
  throw new AppError('invalid_request', 'expires_at: must be in the future', { param: fault.path, faults: [fault] });
}

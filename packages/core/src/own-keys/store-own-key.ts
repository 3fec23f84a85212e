import type { CreateOwnKeyRequest, RotateOwnKeyRequest } from '@sluice/contract';
import { newId } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { isSealed, lastFourOf, type Vault } from '../providers/index.ts';
import { getOwnKey, type OwnKeyRef } from './list-own-keys.ts';
import type { OwnKeyRow } from './own-key-row.ts';

/** More than anybody has accounts; what a worker reads for a job stays small. */
export const ownKeysMax = 20;

interface CreateOwnKey {
  vault: Vault;
  userId: string;
  idempotencyKey: string | null;
  request: CreateOwnKeyRequest;
}

/**
 * Stores a key of the user's own for an enabled provider, encrypted for its row.
 * @throws AppError `invalid_request` for a provider that does not exist or is disabled, `conflict` when the user has this key or too many
 */
export function createOwnKey(em: EntityManager, { vault, userId, idempotencyKey, request }: CreateOwnKey): Promise<OwnKeyRow> {
  return inTransaction(em, async (tx) => {
    await lockKeysOf(tx, userId);
    const once = { userId, route: 'provider-keys', key: idempotencyKey, body: request };
    const { objectId: keyId } = await onceByKey(tx, once, async () => {
      const { provider, api_key: secret, name } = request;
      const providerId = await getProviderId(tx, provider);
      const keys = await readSealed(tx, userId);
      if (keys.length >= ownKeysMax) throw new AppError('conflict', `You have ${ownKeysMax} keys, which is the most; delete one first.`);
      refuseKnown(keys, { vault, providerId, secret });
      const id = newId('ownKey');
      await execute(
        tx,
        sql`insert into own_keys (id, user_id, provider_id, name, ciphertext, last_four)
            values (${id}, ${userId}, ${providerId}, ${name}, ${vault.seal(secret, id)}, ${lastFourOf(secret)})`,
      );
      await recordAction(tx, { actorId: userId, action: 'own_key.create', objectId: id, details: { provider, name } });
      return id;
    });
    return getOwnKey(tx, { userId, keyId });
  });
}

interface RotateOwnKey extends OwnKeyRef {
  vault: Vault;
  request: RotateOwnKeyRequest;
}

/**
 * Puts another secret in the place of a key's, which is in use again from then on. A refusal of the old secret that comes late
 * does not touch the new one: it names the revision it was about.
 * @throws AppError `not_found`, or `conflict` when another key of the user's has this secret
 */
export function rotateOwnKey(em: EntityManager, { vault, request, ...ref }: RotateOwnKey): Promise<OwnKeyRow> {
  const { userId, keyId } = ref;
  return inTransaction(em, async (tx) => {
    await lockKeysOf(tx, userId);
    const { providerId, provider } = await getOwnKey(tx, ref);
    const { api_key: secret } = request;
    const others = (await readSealed(tx, userId)).filter(({ id }) => id !== keyId);
    refuseKnown(others, { vault, providerId, secret });
    await execute(
      tx,
      sql`update own_keys set ciphertext = ${vault.seal(secret, keyId)}, last_four = ${lastFourOf(secret)}, revision = revision + 1,
            enabled = true, disabled_reason = null, rotated_at = now()
          where id = ${keyId}`,
    );
    await recordAction(tx, { actorId: userId, action: 'own_key.rotate', objectId: keyId, details: { provider } });
    return getOwnKey(tx, ref);
  });
}

/** Creates and rotations of one user come one after the other. The lock is one that inserts of the user's jobs do not wait for. */
async function lockKeysOf(tx: EntityManager, userId: string): Promise<void> {
  await execute(tx, sql`select id from users where id = ${userId} for no key update`);
}

async function getProviderId(tx: EntityManager, name: string): Promise<string> {
  const [provider] = await execute<{ id: string }>(tx, sql`select id from providers where name = ${name} and enabled`);
  if (provider) return provider.id;
  const message = 'There is no such provider; GET /v1/provider-keys/providers lists them.';
  throw new AppError('invalid_request', message, { param: 'provider', faults: [{ path: 'provider', message: 'is not a provider here' }] });
}

interface SealedKey {
  id: string;
  providerId: string;
  ciphertext: Buffer;
}

function readSealed(tx: EntityManager, userId: string): Promise<SealedKey[]> {
  return execute<SealedKey>(tx, sql`select id, provider_id as "providerId", ciphertext from own_keys where user_id = ${userId}`);
}

/** Admission counts by row: the same secret in two of them would be called at twice its limits. */
function refuseKnown(keys: SealedKey[], { vault, providerId, secret }: { vault: Vault; providerId: string; secret: string }): void {
  const known = keys.find((key) => key.providerId === providerId && isSealed(vault, { sealed: key.ciphertext, rowId: key.id, secret }));
  if (known) throw new AppError('conflict', `You have stored this key already, as ${known.id}.`, { param: 'api_key' });
}

import { randomUUID } from 'node:crypto';
import type { BatchEndpoint, KeyChoice } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { BatchPhase } from './batch.ts';

/** How long a worker is believed to be at work on a batch after its last sign, in database time. */
const leaseS = 30;

/** A batch that this worker, and no other, works on now. */
export interface TakenBatch {
  id: string;
  leaseId: string;
  userId: string;
  apiKeyId: string | null;
  endpoint: BatchEndpoint;
  keyChoice: KeyChoice | null;
  inputFileId: string;
  outputExpiresS: number | null;
}

/** Takes the batch whose turn it is in this phase; null when there is none. Workers share them: one that is taken is passed over. */
export async function takeBatch(em: EntityManager, phase: BatchPhase): Promise<TakenBatch | null> {
  const leaseId = randomUUID();
  const [batch] = await execute(
    em,
    sql<TakenBatch>`update batches set lease_id = ${leaseId}, lease_until = now() + make_interval(secs => ${leaseS}), look_at = now() + make_interval(secs => ${leaseS})
        where id = (
          select id from batches where phase = ${phase} and look_at <= now() and (lease_until is null or lease_until < now())
          order by look_at limit 1 for update skip locked
        )
        returning id, lease_id as "leaseId", user_id as "userId", api_key_id as "apiKeyId", endpoint, key_choice as "keyChoice", input_file_id as "inputFileId",
          output_expires_s as "outputExpiresS"`,
  );
  return batch ?? null;
}

/** Gives a sign of life in work that takes long. False when the lease was lost, or the batch went on to another phase: then stop. */
export async function keepBatch(em: EntityManager, { id, leaseId }: TakenBatch, phase: BatchPhase): Promise<boolean> {
  const kept = await execute(
    em,
    sql`update batches set lease_until = now() + make_interval(secs => ${leaseS})
        where id = ${id} and lease_id = ${leaseId} and phase = ${phase} returning id`,
  );
  return kept.length === 1;
}

/** Lets go of a batch; it is looked at again after `lookInMs`, or before if somebody has asked for it meanwhile. */
export async function releaseBatch(em: EntityManager, { id, leaseId }: TakenBatch, lookInMs: number): Promise<void> {
  await execute(
    em,
    sql`update batches set lease_id = null, lease_until = null, look_at = least(look_at, now() + make_interval(secs => ${lookInMs / 1000}))
        where id = ${id} and lease_id = ${leaseId}`,
  );
}

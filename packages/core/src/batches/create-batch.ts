import { newId, type CreateBatchRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { findFile } from '../files/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import type { Principal } from '../users/index.ts';
import { getBatch, type Batch } from './batch.ts';

export interface CreateBatch {
  caller: Principal;
  request: CreateBatchRequest;
  idempotencyKey: string | null;
  now: Date;
}

/**
 * Accepts a batch. Its file is read and checked by a worker; until then it is `validating`.
 * @throws AppError invalid_request when the file does not exist, is no batch input, or is not `.jsonl`; idempotency_mismatch
 */
export async function createBatch(em: EntityManager, { caller, request, idempotencyKey, now }: CreateBatch): Promise<Batch> {
  const { userId } = caller;
  const batchId = await inTransaction(em, async (tx) => {
    const key = { userId, route: 'batches', key: idempotencyKey, body: request };
    const { objectId } = await onceByKey(tx, key, async () => {
      await checkInput(tx, userId, request.input_file_id);
      return insertBatch(tx, caller, request, now);
    });
    return objectId;
  });
  return getBatch(em, { batchId, userId });
}

async function checkInput(tx: EntityManager, userId: string, fileId: string): Promise<void> {
  const file = await findFile(tx, { fileId, userId });
  const refuse = (message: string) =>
    new AppError('invalid_request', message, { param: 'input_file_id', faults: [{ path: 'input_file_id', message }] });
  if (!file) throw refuse(`No such File object: ${fileId}`);
  if (file.purpose !== 'batch')
    throw refuse(`The file has the purpose ${file.purpose}; a batch needs one uploaded with the purpose batch.`);
}

async function insertBatch(tx: EntityManager, { userId, apiKeyId }: Principal, request: CreateBatchRequest, now: Date): Promise<string> {
  const id = newId('batch', now.getTime());
  const windowS = Number.parseInt(request.completion_window, 10) * 3600;
  await execute(
    tx,
    sql`insert into batches (id, user_id, api_key_id, endpoint, input_file_id, window_s, output_expires_s, metadata, budget, key_choice, paused_at, created_at, expires_at)
        values (${id}, ${userId}, ${apiKeyId}, ${request.endpoint}, ${request.input_file_id}, ${windowS}, ${request.output_expires_after?.seconds ?? null},
          ${JSON.stringify(request.metadata)}::json, ${request.budget_credits ?? null}, ${request.key ?? null}, ${request.paused ? now : null}, ${now},
          ${now}::timestamptz + make_interval(secs => ${windowS}))`,
  );
  return id;
}

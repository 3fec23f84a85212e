import type { BatchEndpoint, BatchFault, BatchStatus } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

export type BatchPhase = 'validate' | 'pump' | 'finalise';
export type BatchEnding = 'completed' | 'cancelled' | 'expired';

/** A batch as readers see it. Times are unix seconds, credits decimal strings. */
export interface Batch {
  id: string;
  userId: string;
  endpoint: BatchEndpoint;
  inputFileId: string;
  windowS: number;
  metadata: Record<string, string>;
  budget: string | null;
  status: BatchStatus;
  /** What is to be done next; null when it is over. */
  phase: BatchPhase | null;
  model: string | null;
  errors: BatchFault[] | null;
  waitingCode: string | null;
  waitingMessage: string | null;
  outputFileId: string | null;
  errorFileId: string | null;
  total: number;
  completed: number;
  failed: number;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  estimatedInputTokens: number | null;
  estimatedOutputTokens: number | null;
  estimatedCost: string | null;
  createdAt: number;
  expiresAt: number;
  inProgressAt: number | null;
  pausedAt: number | null;
  finalizingAt: number | null;
  completedAt: number | null;
  failedAt: number | null;
  expiredAt: number | null;
  cancellingAt: number | null;
  cancelledAt: number | null;
  /** What its rows have cost so far. */
  cost: string;
  failures: { code: string; count: number; message: string }[];
}

const columns = sql<Batch>`id, user_id as "userId", endpoint, input_file_id as "inputFileId", window_s as "windowS", metadata, budget::text, status, phase, model, errors,
  waiting_code as "waitingCode", waiting_message as "waitingMessage", output_file_id as "outputFileId", error_file_id as "errorFileId",
  total, completed, failed, input_tokens::float8 as "inputTokens", cached_input_tokens::float8 as "cachedInputTokens",
  output_tokens::float8 as "outputTokens", reasoning_tokens::float8 as "reasoningTokens", estimated_input_tokens::float8 as "estimatedInputTokens",
  estimated_output_tokens::float8 as "estimatedOutputTokens", estimated_cost::text as "estimatedCost",
  extract(epoch from created_at)::int as "createdAt", extract(epoch from expires_at)::int as "expiresAt",
  extract(epoch from in_progress_at)::int as "inProgressAt", extract(epoch from paused_at)::int as "pausedAt",
  extract(epoch from finalizing_at)::int as "finalizingAt", extract(epoch from completed_at)::int as "completedAt",
  extract(epoch from failed_at)::int as "failedAt", extract(epoch from expired_at)::int as "expiredAt",
  extract(epoch from cancelling_at)::int as "cancellingAt", extract(epoch from cancelled_at)::int as "cancelledAt",
  coalesce((select cost from cost_totals where scope = 'batch' and scope_id = batches.id), 0)::numeric(20,4)::text as cost,
  (select coalesce(json_agg(json_build_object('code', code, 'count', rows, 'message', message) order by rows desc, code), '[]')
    from batch_failures where batch_id = batches.id and rows > 0) as failures`;

export interface BatchOwner {
  batchId: string;
  userId: string;
}

/**
 * A batch of this user.
 * @throws AppError not_found, the same for what is missing and what is somebody else's
 */
export async function getBatch(em: EntityManager, { batchId, userId }: BatchOwner): Promise<Batch> {
  const [batch] = await execute(em, sql<Batch>`select ${columns} from batches where id = ${batchId} and user_id = ${userId}`);
  if (!batch) throw new AppError('not_found', `No batch found with id '${batchId.slice(0, 64)}'.`, { param: 'id' });
  return batch;
}

/**
 * One page of a user's batches, newest first, and one more, if there is one.
 * @throws AppError invalid_request for a cursor that is not one of the user's batches
 */
export async function listBatches(
  em: EntityManager,
  userId: string,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<Batch[]> {
  if (after !== undefined && (await execute(em, sql`select id from batches where id = ${after} and user_id = ${userId}`)).length === 0) {
    throw new AppError('invalid_request', '`after` is not the id of one of your batches.', {
      param: 'after',
      faults: [{ path: 'after', message: 'unknown cursor' }],
    });
  }
  return execute(
    em,
    sql<Batch>`select ${columns} from batches where user_id = ${userId} ${after === undefined ? sql`` : sql`and id < ${after}`} order by id desc limit ${limit + 1}`,
  );
}

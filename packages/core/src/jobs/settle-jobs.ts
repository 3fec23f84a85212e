import type { EndStatus, Price, UsageSource } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { settleCharges, type Charge } from '../billing/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';

interface PendingJob {
  jobId: string;
  userId: string;
  priceId: string;
  price: Price;
  outcome: EndStatus;
  usageSource: UsageSource;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  hold: string;
  isBatch: boolean;
  priceFactor: string;
  batchId: string | null;
  conversationId: string | null;
}

export interface SettleScope {
  limit: number;
  /** Only this job: to find the one that spoils a list. */
  only?: string;
  /** Jobs known to spoil a list. */
  except?: string[];
}

/**
 * Settles finished jobs: charges what they used at the price frozen at submit, times the job's price factor, releases the rest of the hold. One transaction,
 * exactly once: the rows are locked while they wait for settlement, and a settlement's primary key is its job. Answers the ids
 * settled. Several billing workers share the work.
 */
export function settleJobs(em: EntityManager, scope: SettleScope): Promise<string[]> {
  return inTransaction(em, async (tx) => {
    const pending = await takePending(tx, scope);
    if (pending.length === 0) return [];
    const jobIds = pending.map(({ jobId }) => jobId);
    await settleCharges(tx, pending.map(chargeOf));
    await execute(tx, sql`update jobs set billing_state = 'settled' where id = any(${jobIds})`);
    return jobIds;
  });
}

/** Ids of jobs that wait for their settlement, oldest first. */
export async function findUnsettled(em: EntityManager, limit: number): Promise<string[]> {
  const rows = await execute<{ id: string }>(
    em,
    sql`select id from jobs where billing_state = 'settle_pending' order by id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

function takePending(tx: EntityManager, { limit, only, except = [] }: SettleScope): Promise<PendingJob[]> {
  return execute<PendingJob>(
    tx,
    sql`select jobs.id as "jobId", user_id as "userId", price_id as "priceId", prices.price, status as outcome, usage_source as "usageSource",
          input_tokens::float8 as "inputTokens", cached_input_tokens::float8 as "cachedInputTokens", output_tokens::float8 as "outputTokens",
          reasoning_tokens::float8 as "reasoningTokens", hold::text, priority = 'batch' as "isBatch", price_factor::text as "priceFactor",
          batch_id as "batchId", conversation_id as "conversationId"
        from jobs join prices on prices.id = price_id
        where billing_state = 'settle_pending' and jobs.id = coalesce(${only ?? null}, jobs.id) and not jobs.id = any(${except})
        order by jobs.id limit ${limit} for update of jobs skip locked`,
  );
}

/** Without usage nothing is charged, no fee either: a job that never reached a provider costs nothing. */
function chargeOf({ batchId, conversationId, ...job }: PendingJob): Charge {
  return {
    jobId: job.jobId,
    userId: job.userId,
    priceId: job.priceId,
    price: job.price,
    tokens: {
      input_tokens: job.inputTokens,
      cached_input_tokens: job.cachedInputTokens,
      output_tokens: job.outputTokens,
      reasoning_tokens: job.reasoningTokens,
    },
    usageSource: job.usageSource,
    outcome: job.outcome,
    isBillable: job.usageSource !== 'none',
    isBatch: job.isBatch,
    priceFactor: job.priceFactor,
    hold: job.hold,
    totals: [
      ...(batchId === null ? [] : [{ scope: 'batch' as const, scopeId: batchId }]),
      ...(conversationId === null ? [] : [{ scope: 'conversation' as const, scopeId: conversationId }]),
    ],
  };
}

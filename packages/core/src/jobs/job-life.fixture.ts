import { noTokens, SubmitJobRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { createPrice, createWallet } from '../billing/index.ts';
import { execute, inTransaction, sql, type Database } from '../database/index.ts';
import { findModel, type ModelForSubmit } from '../providers/index.ts';
import type { FinishedAttempt } from './finish-jobs.ts';
import type { Submission } from './plan-job.ts';

/** One user with credits and one priced model, as little as a submit needs. */
export interface JobFixture {
  userId: string;
  model: ModelForSubmit;
  submission(body?: object, idempotencyKey?: string | null): Submission;
}

export async function createJobFixture(db: Database, name: string, credits: string): Promise<JobFixture> {
  const userId = `usr_${name}`;
  await inTransaction(db.em(), async (tx) => {
    await execute(tx, sql`insert into users (id) values (${userId})`);
    await createWallet(tx, userId);
    await giveCredits(tx, userId, credits);
    await insertModel(tx, name);
  });
  const model = await findModel(db.em(), name);
  if (!model) throw new Error('the fixture has no model');
  return {
    userId,
    model,
    submission: (body = {}, idempotencyKey = null) => ({
      userId,
      apiKeyId: null,
      idempotencyKey,
      request: SubmitJobRequest.parse({ model: name, input: 'Why?', params: { max_tokens: 1000 }, ...body }),
      model,
      now: new Date(),
    }),
  };
}

async function giveCredits(tx: EntityManager, userId: string, credits: string): Promise<void> {
  await execute(tx, sql`update wallets set balance = ${credits} where user_id = ${userId}`);
  await execute(
    tx,
    sql`insert into transfers (id, user_id, kind, debit, credit, amount) values (${`trf_${userId}`}, ${userId}, 'adjustment', 'adjustment', 'wallet', ${credits})`,
  );
}

/** A job of 1,000 output tokens holds a little more than 1 credit. */
async function insertModel(tx: EntityManager, name: string): Promise<void> {
  await execute(tx, sql`insert into providers (id, name, base_url) values (${`prv_${name}`}, ${name}, 'http://127.0.0.1:1/v1')`);
  await execute(
    tx,
    sql`insert into provider_keys (id, provider_id, ciphertext, last_four) values (${`pky_${name}`}, ${`prv_${name}`}, '\\x00', 'none')`,
  );
  await execute(tx, sql`insert into models (id, alias, capabilities) values (${`mdl_${name}`}, ${name}, array['text'])`);
  await execute(tx, sql`insert into model_routes values (${`mdl_${name}`}, 0, ${`prv_${name}`}, 'upstream')`);
  const priceId = await createPrice(tx, `mdl_${name}`, { mode: 'simple', input_price: '0.001', output_price: '1' }, new Date());
  await execute(tx, sql`update models set price_id = ${priceId} where id = ${`mdl_${name}`}`);
}

/** How an attempt ends that was answered. */
export const completed = (jobId: string, attempt = 1): FinishedAttempt => ({
  jobId,
  attempt,
  outcome: 'completed',
  failure: null,
  message: null,
  tokens: { ...noTokens, input_tokens: 10, output_tokens: 500 },
  usageSource: 'provider',
  requestId: null,
  firstTokenAt: new Date(),
  next: { to: 'completed', output: { text: 'Because.', reasoning: null, tool_calls: [], finish_reason: 'stop' }, error: null },
});

import { claimJobs, execute, finishJobs, settleJobs, sql, startLease } from '@sluice/core';
import type { Caller } from './caller.ts';
import type { TestApi } from './test-api.ts';

/** A model that costs 1 credit a token and 0.12345 a request, so that rounding shows. */
export async function createTestModel(api: TestApi, alias: string): Promise<void> {
  await api.admin.post('/v1/admin/providers', { name: alias, base_url: 'http://127.0.0.1:9/v1', api_key: 'x' });
  await api.admin.post('/v1/admin/models', {
    alias,
    capabilities: ['text'],
    routes: [{ provider: alias, model: alias }],
    default_max_tokens: 10,
    price: { mode: 'simple', input_price: '1000', output_price: '1000', per_request_fee: '0.12345' },
  });
}

/** Submits a job and ends it as a worker and the billing worker would, with 3 tokens in and 4 out: 7.1235 credits. */
export async function settledJob(api: TestApi, caller: Caller, model: string): Promise<string> {
  const { body: job } = await caller.post('/v1/jobs', { model, input: 'Hello' });
  const em = api.db.em();
  const workerId = await startLease(em);
  await claimJobs(em, [{ jobId: job.id, attempt: 1, workerId, providerKeyId: null }]);
  await finishJobs(em, [
    {
      jobId: job.id,
      attempt: 1,
      outcome: 'completed',
      failure: null,
      message: null,
      tokens: { input_tokens: 3, cached_input_tokens: 0, output_tokens: 4, reasoning_tokens: 0 },
      usageSource: 'provider',
      requestId: null,
      firstTokenAt: null,
      next: { to: 'completed', output: { text: 'Hi', reasoning: null, tool_calls: [], finish_reason: 'stop' }, error: null },
    },
  ]);
  await settleJobs(em, { limit: 10, only: job.id });
  return job.id;
}

/** Moves all settlements back by a day: the ledger itself refuses to be changed. */
export async function ageSettlements(api: TestApi): Promise<void> {
  await api.db.em().transactional(async (tx) => {
    await execute(tx, sql`set local session_replication_role = replica`);
    await execute(tx, sql`update settlements set settled_at = settled_at - interval '1 day'`);
  });
}

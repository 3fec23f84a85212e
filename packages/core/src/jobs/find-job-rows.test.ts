import { noTokens } from '@sluice/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { findJobRows } from './find-job-rows.ts';
import { claimJobs, finishJobs, settleJobs, startLease, submitJobs } from './index.ts';
import { createJobFixture } from './job-life.fixture.ts';
import { Job } from './job.entity.ts';

let store: TestDatabase;
let db: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
});

afterAll(async () => {
  await db.close();
  await store.close();
});

test('a row is read as the ORM reads it: waiting, and ended with its cost, its times and its failure', async () => {
  const user = await createJobFixture(db, 'rows', '100');
  const submissions = [user.submission({ metadata: { b: '1', a: '2' } }), user.submission(), user.submission()];
  const ids = (await submitJobs(db.em(), submissions)).map((result) => (result.type === 'accepted' ? result.job.id : ''));
  const workerId = await startLease(db.em());
  const ended = ids.slice(1).map((jobId) => ({ jobId, attempt: 1 }));
  await claimJobs(
    db.em(),
    ended.map((ref) => ({ ...ref, workerId, providerKeyId: null })),
  );
  const output = { text: 'Because.', reasoning: null, tool_calls: [], finish_reason: 'stop' as const };
  const tokens = { ...noTokens, input_tokens: 10, output_tokens: 500 };
  const common = { message: null, tokens, usageSource: 'provider' as const, requestId: null, firstTokenAt: new Date() };
  const error = { code: 'provider_error' as const, message: 'It broke.' };
  await finishJobs(db.em(), [
    { ...ended[0], ...common, outcome: 'completed', failure: null, next: { to: 'completed', output, error: null } },
    { ...ended[1], ...common, outcome: 'failed', failure: 'server_error', next: { to: 'failed', output: null, error } },
  ] as Parameters<typeof finishJobs>[1]);
  await settleJobs(db.em(), { limit: 10 });
  await execute(db.em(), sql`update jobs set cancel_requested_at = now(), deleted_at = now() where id = ${ids[2]}`);

  const rows = await findJobRows(db.em(), sql`id = any(${ids}) order by id`);
  const entities = await db.em().find(Job, { id: { $in: ids } }, { orderBy: { id: 'asc' } });
  const plain = entities.map((entity) => Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, entity[name as 'id']])));
  expect(rows).toHaveLength(3);
  expect(rows).toEqual(plain);
  expect(Object.keys(rows[0] ?? {})).toEqual(expect.not.arrayContaining(['request', 'surfaceEcho', 'surfaceInput']));
  expect(rows[1]).toMatchObject({ cost: '0.5000', inputTokens: 10, finishedAt: expect.any(Date), output });
  expect(rows[2]).toMatchObject({ failure: 'server_error', deletedAt: expect.any(Date) });
});

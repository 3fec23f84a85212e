import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { runAudit } from '../audit/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { endOverdueJobs } from '../jobs/index.ts';
import { countJobs, createBatchFixture, namesOf, rejected, settleAll } from './batches.fixture.ts';
import { listRows } from './list-rows.ts';
import { cancelBatch, pauseBatch, resumeBatch } from './move-batch.ts';
import { retryFailed } from './retry-failed.ts';
import { presentRow } from './row-result.ts';
import { releaseBatch, type TakenBatch } from './take-batch.ts';

let store: TestDatabase;
let db: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 20 });
  await execute(db.em(), sql`insert into workers (id, host, lease_until) values ('wrk_test', 'here', now() + interval '1 hour')`);
});
afterAll(async () => {
  await db?.close();
  await store?.close();
});

const auditIsClean = async () => expect((await runAudit(db.em(), { recomputeNewest: 1000 })).findings).toBe(0);

const countsOf = (rows: { status: string }[]) =>
  rows.reduce<Record<string, number>>((counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }), {});

test('without credit a batch waits, says why, and goes on when there is credit again', async () => {
  const world = await createBatchFixture(db, 'poor', '5');
  const owner = await world.begin(world.lines(namesOf(10)));
  expect((await world.pump()).messages).toHaveLength(4);
  expect(await world.show(owner)).toMatchObject({ status: 'in_progress', waiting: { code: 'insufficient_credits' } });
  // What has run is cheaper than what was held for it.
  await world.run();
  await settleAll(db);
  expect((await world.pump()).messages).toHaveLength(4);
  await world.run();
  await settleAll(db);
  expect((await world.pump()).messages).toHaveLength(2);
  expect(await world.show(owner)).toMatchObject({ waiting: null, request_counts: { total: 10, completed: 8, failed: 0 } });
  await world.finish();
  await settleAll(db);
  await auditIsClean();
});

test('a budget stops the pump before it could be passed, and a larger one lets it go on', async () => {
  const world = await createBatchFixture(db, 'budget');
  const owner = await world.begin(world.lines(namesOf(10)), { budget_credits: '3.5' });
  expect((await world.pump()).messages).toHaveLength(3);
  expect((await world.pump()).messages).toHaveLength(0);
  expect(await world.show(owner)).toMatchObject({ waiting: null });
  for (let turns = 0; turns < 20; turns += 1) {
    await world.run();
    await settleAll(db);
    await world.pump();
  }
  expect(await world.show(owner)).toMatchObject({ status: 'finalizing', request_counts: { total: 10, completed: 10 } });
  await world.finish();
  expect(Number((await world.show(owner)).cost)).toBeLessThanOrEqual(3.5);

  const stopped = await world.begin(world.lines(namesOf(3)), { budget_credits: '0.5' });
  expect((await world.pump()).messages).toHaveLength(0);
  expect(await world.show(stopped)).toMatchObject({ status: 'in_progress', waiting: { code: 'budget_reached' } });
  await resumeBatch(db.em(), stopped, { budget: '1.5' });
  expect((await world.pump()).messages).toHaveLength(1);
  await resumeBatch(db.em(), stopped, { budget: null });
  expect((await world.pump()).messages).toHaveLength(2);
  await world.finish();
});

test('paused, nothing new starts and what runs goes on; created paused, it waits with its estimate', async () => {
  const world = await createBatchFixture(db, 'paused');
  const owner = await world.begin(world.lines(namesOf(3)), { paused: true });
  expect((await world.pump()).messages).toEqual([]);
  const waiting = await world.show(owner);
  expect(waiting).toMatchObject({ status: 'in_progress', estimate: { max_output_tokens: 3000 } });
  expect(waiting.paused_at).not.toBeNull();
  await resumeBatch(db.em(), owner, { budget: undefined });
  expect((await world.pump()).messages).toHaveLength(3);
  await pauseBatch(db.em(), owner);
  await world.run();
  await world.finish();
  await expect(pauseBatch(db.em(), owner)).rejects.toMatchObject({ code: 'conflict' });
});

test('cancelled midway, what has ended is kept, what waits is cancelled, and what runs may end', async () => {
  const world = await createBatchFixture(db, 'cancel');
  const owner = await world.begin(world.lines(namesOf(300)));
  await world.pump();
  await world.run(40);
  expect(await cancelBatch(db.em(), owner)).toMatchObject({ status: 'cancelling' });
  expect(await cancelBatch(db.em(), owner)).toMatchObject({ status: 'cancelling' });
  await world.pump();
  await world.finish();
  const batch = await world.show(owner);
  expect(batch).toMatchObject({
    status: 'cancelled',
    request_counts: { total: 300, completed: 40, failed: 260 },
    failures: [{ code: 'batch_cancelled', count: 260 }],
  });
  expect(batch.cancelled_at).not.toBeNull();
  expect(countsOf(await world.rows(owner))).toEqual({ completed: 40, cancelled: 260 });
  await expect(cancelBatch(db.em(), owner)).rejects.toMatchObject({
    code: 'conflict',
    message: "Cannot cancel a batch with status 'cancelled'.",
  });
  await settleAll(db);
  await auditIsClean();
});

test('cancelled while its file is read, it has no rows and no files', async () => {
  const world = await createBatchFixture(db, 'cancel-early');
  const owner = await world.create(world.lines(namesOf(3)));
  const taken = (await world.take('validate')) as TakenBatch;
  await cancelBatch(db.em(), owner);
  expect(await world.validate(taken)).toBe('lost');
  await releaseBatch(db.em(), taken, 0);
  await world.finish();
  expect(await world.show(owner)).toMatchObject({
    status: 'cancelled',
    request_counts: { total: 0 },
    output_file_id: null,
    error_file_id: null,
  });
  expect(await world.rows(owner)).toEqual([]);
});

test('past its window a batch expires: what has ended is kept, the rest says batch_expired', async () => {
  const world = await createBatchFixture(db, 'expire');
  const owner = await world.begin(world.lines(namesOf(210)));
  await world.pump();
  await world.run(20);
  await execute(db.em(), sql`update batches set expires_at = now() - interval '1 s' where id = ${owner.batchId}`);
  await world.pump();
  // Running ones meet the deadline of their own, which is the batch's.
  await world.run(180, {
    ...rejected,
    failure: 'timeout_total',
    next: { to: 'failed', output: null, error: { code: 'deadline_exceeded', message: 'Late.' } },
  });
  await world.finish();
  const batch = await world.show(owner);
  expect(batch).toMatchObject({
    status: 'expired',
    request_counts: { total: 210, completed: 20, failed: 190 },
    failures: [{ code: 'batch_expired', count: 190 }],
  });
  expect(batch.expired_at).not.toBeNull();
  const {
    rows: [row],
  } = await listRows(db.em(), owner.batchId, { status: 'expired', limit: 1 });
  expect(row && presentRow('/v1/chat/completions', row)).toMatchObject({ response: null, error: { code: 'batch_expired' } });
});

test('a batch whose last rows the sweep ends at their deadline has expired, though its pump saw nothing of it', async () => {
  const world = await createBatchFixture(db, 'expire-by-sweep');
  const owner = await world.begin(world.lines(namesOf(30)));
  await world.pump();
  await world.run(20);
  const past = sql`now() - interval '1 s'`;
  await execute(db.em(), sql`update jobs set deadline_at = ${past} where batch_id = ${owner.batchId} and status = 'queued'`);
  expect(await endOverdueJobs(db.em(), 100)).toHaveLength(10);
  await world.finish();
  expect(await world.show(owner)).toMatchObject({
    status: 'expired',
    completed_at: null,
    expired_at: expect.any(Number),
    request_counts: { total: 30, completed: 20, failed: 10 },
    failures: [{ code: 'batch_expired', count: 10 }],
  });
});

test('retry-failed runs again what did not complete, and nothing else; asked twice it does it once', async () => {
  const world = await createBatchFixture(db, 'retry');
  const owner = await world.begin(world.lines(namesOf(10)));
  await world.pump();
  await world.run(4, rejected);
  await world.finish();
  const before = await world.show(owner);
  expect(before).toMatchObject({
    request_counts: { completed: 6, failed: 4 },
    failures: [{ code: 'provider_rejected', count: 4, message: 'No.' }],
  });

  const retried = await Promise.all([retryFailed(db.em(), owner), retryFailed(db.em(), owner)]);
  for (const { status, failed } of retried) expect([status, failed]).toEqual(['in_progress', 0]);
  expect(await world.show(owner)).toMatchObject({ output_file_id: null, completed_at: null, failures: [] });
  expect((await world.pump()).messages).toHaveLength(4);
  await world.finish();
  const after = await world.show(owner);
  expect(after).toMatchObject({ status: 'completed', request_counts: { total: 10, completed: 10, failed: 0 }, error_file_id: null });
  expect(after.output_file_id).not.toBe(before.output_file_id);
  expect(await countJobs(db, world.userId)).toBe(14);
});

test('rows that have ended are listed in the order they ended: with a cursor each is seen once, and again when it is retried', async () => {
  const world = await createBatchFixture(db, 'listing');
  const owner = await world.begin(world.lines(namesOf(30)));
  const seen: string[] = [];
  let after: string | undefined;
  const readOn = async () => {
    for (;;) {
      const page = await listRows(db.em(), owner.batchId, { status: 'finished', limit: 4, ...(after !== undefined && { after }) });
      seen.push(...page.rows.map(({ customId }) => customId));
      after = page.cursor ?? after;
      if (!page.hasMore) return;
    }
  };
  await world.pump();
  for (const count of [7, 1, 12]) {
    await world.run(count);
    await world.pump();
    await readOn();
  }
  await world.run(10, rejected);
  await world.pump();
  await readOn();
  expect(seen).toHaveLength(30);
  expect(new Set(seen).size).toBe(30);
  await world.finish();
  await retryFailed(db.em(), owner);
  await world.finish();
  await readOn();
  expect(seen.slice(30).sort()).toEqual(seen.slice(20, 30).sort());
  for (const [status, cursor] of [
    ['finished', 'batch_req_other_1'],
    ['failed', 'seq_1'],
    ['failed', 'batch_req_other_1'],
  ] as const) {
    await expect(listRows(db.em(), owner.batchId, { status, limit: 1, after: cursor })).rejects.toMatchObject({ code: 'invalid_request' });
  }
});

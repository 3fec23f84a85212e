import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { runAudit } from '../audit/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { settleJobs } from '../jobs/index.ts';
import { countJobs, createBatchFixture, rejected } from './batches.fixture.ts';
import { listRows } from './list-rows.ts';
import { cancelBatch, pauseBatch, resumeBatch } from './move-batch.ts';
import { pumpBatch } from './pump-batch.ts';
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

const names = (count: number) => Array.from({ length: count }, (_, i) => `row-${i + 1}`);
const settleAll = async () => {
  while ((await settleJobs(db.em(), { limit: 500 })).length > 0);
};
const auditIsClean = async () => expect((await runAudit(db.em(), { recomputeNewest: 1000 })).findings).toBe(0);
const countsOf = (rows: { status: string }[]) =>
  rows.reduce<Record<string, number>>((counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }), {});

test('a batch is pumped: a window of its rows waits at a time, and every row becomes one job', async () => {
  const world = await createBatchFixture(db, 'window');
  const owner = await world.begin(world.lines(names(450)));
  expect(await world.show(owner)).toMatchObject({
    status: 'in_progress',
    model: 'window',
    request_counts: { total: 450, completed: 0, failed: 0 },
    estimate: { max_output_tokens: 450_000 },
  });
  const first = await world.pump();
  expect(first.messages).toHaveLength(200);
  expect(first.messages[0]).toMatchObject({ kind: 'batch' });
  expect((await world.pump()).messages).toEqual([]);
  await world.run(60);
  expect((await world.pump()).messages).toHaveLength(60);
  await world.finish();
  await settleAll();
  const batch = await world.show(owner);
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: 450, completed: 450, failed: 0 },
    usage: { input_tokens: 4500, input_tokens_details: { cached_tokens: 900 }, output_tokens: 9000, total_tokens: 13_500 },
    error_file_id: null,
    failures: [],
  });
  expect(batch.output_file_id).toMatch(/^file-/);
  expect(Number(batch.cost)).toBeGreaterThan(0);
  expect(Number(batch.cost)).toBeLessThanOrEqual(Number(batch.estimate?.max_cost));
  expect(await countJobs(db, world.userId)).toBe(450);
  expect(new Set((await world.rows(owner)).map(({ jobId }) => jobId)).size).toBe(450);
  await auditIsClean();
});

test('pumped by many at once, and begun again after a crash anywhere, a row is still one job and counted once', async () => {
  const world = await createBatchFixture(db, 'races');
  const owner = await world.begin(world.lines(names(150)));
  const batch = (await world.take('pump')) as TakenBatch;
  await Promise.all(Array.from({ length: 6 }, () => pumpBatch(world.parts, batch)));
  expect(await countJobs(db, world.userId)).toBe(150);
  const before = await world.rows(owner);

  // The jobs were made, the rows do not know it.
  await execute(db.em(), sql`update batch_rows set status = 'pending', job_id = null where batch_id = ${owner.batchId} and line > 50`);
  const again = await pumpBatch({ ...world.parts, now: new Date(Date.now() + 60_000) }, batch);
  expect(again.messages).toHaveLength(100);
  expect(await world.rows(owner)).toEqual(before);

  await world.run();
  await Promise.all(Array.from({ length: 6 }, () => pumpBatch(world.parts, batch)));
  await releaseBatch(db.em(), batch, 0);
  expect(await world.show(owner)).toMatchObject({ status: 'finalizing', request_counts: { total: 150, completed: 150, failed: 0 } });
  const seqs = (await world.rows(owner)).map(({ seq }) => seq);
  expect(new Set(seqs).size).toBe(150);
  expect(await countJobs(db, world.userId)).toBe(150);
  await world.finish();
});

test('a lease is for one worker, ends with its time, and what it protects is lost with it', async () => {
  const world = await createBatchFixture(db, 'lease');
  const owner = await world.create(world.lines(names(3)));
  const first = (await world.take('validate')) as TakenBatch;
  expect(await world.take('validate')).toBeNull();
  await execute(db.em(), sql`update batches set lease_until = now() - interval '1 s', look_at = now() where id = ${owner.batchId}`);
  const second = (await world.take('validate')) as TakenBatch;
  expect(await world.validate(first)).toBe('lost');
  expect(await world.validate(second)).toBe('begun');
  expect(await world.rows(owner)).toHaveLength(3);
  expect(await world.validate(second)).toBe('lost');
  await releaseBatch(db.em(), second, 0);
  await world.finish();
});

test('a validation that was broken off is begun anew, and leaves each line once', async () => {
  const world = await createBatchFixture(db, 'revalidate');
  const owner = await world.create(world.lines(names(5)));
  await execute(
    db.em(),
    sql`insert into batch_rows (batch_id, line, custom_id, position, length) values (${owner.batchId}, 1, 'row-1', 0, 9), (${owner.batchId}, 2, 'half', 0, 9)`,
  );
  const taken = (await world.take('validate')) as TakenBatch;
  expect(await world.validate(taken)).toBe('begun');
  expect((await world.rows(owner)).map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  await releaseBatch(db.em(), taken, 0);
  await world.finish();
});

test('a file with faults is no batch: it says which lines are wrong, and leaves no rows', async () => {
  const world = await createBatchFixture(db, 'faults');
  const good = world.lines(names(600));
  const owner = await world.create([...good, 'not json', good[0] as string]);
  const taken = (await world.take('validate')) as TakenBatch;
  expect(await world.validate(taken)).toBe('failed');
  expect(await world.show(owner)).toMatchObject({
    status: 'failed',
    errors: {
      object: 'list',
      data: [
        { code: 'invalid_json_line', line: 601 },
        { code: 'duplicate_custom_id', line: 602, param: 'custom_id' },
      ],
    },
    request_counts: { total: 0, completed: 0, failed: 0 },
    output_file_id: null,
    error_file_id: null,
  });
  expect(await world.rows(owner)).toEqual([]);
});

test('a body that its route would refuse fails its row alone, from the start, and costs nothing', async () => {
  const world = await createBatchFixture(db, 'refused');
  const bad = [
    ...world.lines(['no-messages'], { messages: undefined }),
    ...world.lines(['stream'], { stream: true }),
    ...world.lines(['temperature'], { temperature: 9 }),
  ];
  const owner = await world.begin([...world.lines(names(2)), ...bad]);
  expect(await world.show(owner)).toMatchObject({
    status: 'in_progress',
    request_counts: { total: 5, completed: 0, failed: 3 },
    estimate: { max_output_tokens: 2000 },
    failures: [{ code: 'invalid_request', count: 3 }],
  });
  const rows = (await listRows(db.em(), owner.batchId, { status: 'failed', limit: 10 })).rows.map((row) =>
    presentRow('/v1/chat/completions', row),
  );
  expect(rows.map(({ custom_id: id, response }) => [id, response?.status_code])).toEqual([
    ['no-messages', 400],
    ['stream', 400],
    ['temperature', 400],
  ]);
  expect(rows[1]?.response?.body).toMatchObject({ error: { code: 'unsupported_parameter', param: 'stream' } });
  await world.finish();
  expect(await world.show(owner)).toMatchObject({ status: 'completed', request_counts: { total: 5, completed: 2, failed: 3 } });
  expect(await countJobs(db, world.userId)).toBe(2);
});

test('an unknown model is a 404 of each row; a batch of which every row failed is completed', async () => {
  const world = await createBatchFixture(db, 'unknown');
  const owner = await world.begin(world.lines(names(3), { model: 'no-such-model' }));
  await world.finish();
  const batch = await world.show(owner);
  expect(batch).toMatchObject({ status: 'completed', output_file_id: null, request_counts: { total: 3, completed: 0, failed: 3 } });
  expect(batch.error_file_id).toMatch(/^file-/);
  const {
    rows: [row],
  } = await listRows(db.em(), owner.batchId, { limit: 1 });
  expect(row?.refusal).toMatchObject({ status_code: 404, body: { error: { code: 'model_not_found', param: 'model' } } });
});

test('without credit a batch waits, says why, and goes on when there is credit again', async () => {
  const world = await createBatchFixture(db, 'poor', '5');
  const owner = await world.begin(world.lines(names(10)));
  expect((await world.pump()).messages).toHaveLength(4);
  expect(await world.show(owner)).toMatchObject({ status: 'in_progress', waiting: { code: 'insufficient_credits' } });
  // What has run is cheaper than what was held for it.
  await world.run();
  await settleAll();
  expect((await world.pump()).messages).toHaveLength(4);
  await world.run();
  await settleAll();
  expect((await world.pump()).messages).toHaveLength(2);
  expect(await world.show(owner)).toMatchObject({ waiting: null, request_counts: { total: 10, completed: 8, failed: 0 } });
  await world.finish();
  await settleAll();
  await auditIsClean();
});

test('a budget stops the pump before it could be passed, and a larger one lets it go on', async () => {
  const world = await createBatchFixture(db, 'budget');
  const owner = await world.begin(world.lines(names(10)), { budget_credits: '3.5' });
  expect((await world.pump()).messages).toHaveLength(3);
  expect((await world.pump()).messages).toHaveLength(0);
  expect(await world.show(owner)).toMatchObject({ waiting: null });
  for (let turns = 0; turns < 20; turns += 1) {
    await world.run();
    await settleAll();
    await world.pump();
  }
  expect(await world.show(owner)).toMatchObject({ status: 'finalizing', request_counts: { total: 10, completed: 10 } });
  await world.finish();
  expect(Number((await world.show(owner)).cost)).toBeLessThanOrEqual(3.5);

  const stopped = await world.begin(world.lines(names(3)), { budget_credits: '0.5' });
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
  const owner = await world.begin(world.lines(names(3)), { paused: true });
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
  const owner = await world.begin(world.lines(names(300)));
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
  await settleAll();
  await auditIsClean();
});

test('cancelled while its file is read, it has no rows and no files', async () => {
  const world = await createBatchFixture(db, 'cancel-early');
  const owner = await world.create(world.lines(names(3)));
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
  const owner = await world.begin(world.lines(names(210)));
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

test('retry-failed runs again what did not complete, and nothing else; asked twice it does it once', async () => {
  const world = await createBatchFixture(db, 'retry');
  const owner = await world.begin(world.lines(names(10)));
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
  const owner = await world.begin(world.lines(names(30)));
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

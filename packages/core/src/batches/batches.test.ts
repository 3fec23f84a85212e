import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { runAudit } from '../audit/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { reserveFile } from '../files/index.ts';
import { countJobs, createBatchFixture, namesOf, settleAll } from './batches.fixture.ts';
import { finishBatch } from './finish-batch.ts';
import { listRows } from './list-rows.ts';
import { pumpBatch } from './pump-batch.ts';
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

test('a batch is pumped: a window of its rows waits at a time, and every row becomes one job', async () => {
  const world = await createBatchFixture(db, 'window');
  const owner = await world.begin(world.lines(namesOf(450)));
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
  await settleAll(db);
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
  const owner = await world.begin(world.lines(namesOf(150)));
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
  const owner = await world.create(world.lines(namesOf(3)));
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
  const owner = await world.create(world.lines(namesOf(5)));
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

test("a worker that was slow to write the files ends nothing: the next one did, and its files are nobody's", async () => {
  const world = await createBatchFixture(db, 'refinalise');
  const owner = await world.begin(world.lines(namesOf(3)));
  await world.pump();
  await world.run();
  await settleAll(db);
  await world.pump();
  await world.pump();
  const first = (await world.take('finalise')) as TakenBatch;
  const write = async () => ({ id: await reserveFile(db.em(), world.userId, new Date()), bytes: 0 });
  const late = await write();
  await execute(db.em(), sql`update batches set lease_until = now() - interval '1 s', look_at = now() where id = ${owner.batchId}`);
  await world.finish();
  const ended = await world.show(owner);
  expect(ended).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 3, failed: 0 } });
  expect(await finishBatch(db.em(), first, { output: late, error: null, now: new Date() })).toBe(false);
  expect(await world.show(owner)).toEqual(ended);
  expect(ended.output_file_id).not.toBe(late.id);
});

test('a file with faults is no batch: it says which lines are wrong, and leaves no rows', async () => {
  const world = await createBatchFixture(db, 'faults');
  const good = world.lines(namesOf(600));
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
  const owner = await world.begin([...world.lines(namesOf(2)), ...bad]);
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
  const owner = await world.begin(world.lines(namesOf(3), { model: 'no-such-model' }));
  await world.finish();
  const batch = await world.show(owner);
  expect(batch).toMatchObject({ status: 'completed', output_file_id: null, request_counts: { total: 3, completed: 0, failed: 3 } });
  expect(batch.error_file_id).toMatch(/^file-/);
  const {
    rows: [row],
  } = await listRows(db.em(), owner.batchId, { limit: 1 });
  expect(row?.refusal).toMatchObject({ status_code: 404, body: { error: { code: 'model_not_found', param: 'model' } } });
});

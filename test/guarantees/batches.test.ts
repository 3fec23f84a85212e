import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSdk } from '../conformance/clients.ts';
import { batchEnd, chatLine, expectEachOnce, resultsOf, startBatch } from '../conformance/batch-run.ts';
import { ask } from '../conformance/sim.ts';
import type { RoleName } from '../support/role-process.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

/** Rows that take long enough for somebody to be killed meanwhile. */
const slowLines = (count: number) =>
  Array.from({ length: count }, (_, i) => chatLine(`row-${i}`, ask({ tokens: 20, tokens_per_s: 20, tag: `row-${i}` })));

const sdkOf = (world: World, user: TestUser) => createSdk({ url: world.url(), key: user.key }, { maxRetries: 5 });

async function completedRows(world: World, user: TestUser, id: string): Promise<number> {
  const { request_counts: counts } = await sdkOf(world, user).batches.retrieve(id);
  return counts?.completed ?? 0;
}

/** Jobs that were made of a batch's rows. */
async function countJobs(user: TestUser, id: string): Promise<number> {
  let count = 0;
  for (let after = ''; ;) {
    const { body } = await user.call.get(`/v1/jobs?batch_id=${id}&limit=100${after}`);
    count += body.data.length;
    if (body['has_more'] !== true) return count;
    after = `&after=${String(body['last_id'])}`;
  }
}

/** Each row became one job, and stands in the output once. */
async function expectWhole(world: World, user: TestUser, id: string, lines: ReturnType<typeof slowLines>): Promise<void> {
  const sdk = sdkOf(world, user);
  const batch = await batchEnd(sdk, id, 120_000);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: lines.length, completed: lines.length, failed: 0 } });
  expectEachOnce(lines, await resultsOf(sdk, batch));
  expect(await countJobs(user, id)).toBe(lines.length);
  expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
}

describe('distributed', () => {
  let world: World;
  let user: TestUser;
  beforeAll(async () => {
    world = await startWorld('distributed');
    user = await world.user('100000');
  });
  afterAll(() => world?.close());

  const killAndRestart = async (role: RoleName) => {
    await world.roles.get(role)?.end('SIGKILL');
    await world.start(role, role);
  };

  test('C58: every process is killed once during a batch, and each custom_id is in the output once', async () => {
    const lines = slowLines(1200);
    const { id } = await startBatch(sdkOf(world, user), lines);
    for (const [role, rows] of [
      ['worker', 150],
      ['api', 500],
      ['billing', 700],
      ['worker', 900],
    ] as const) {
      await expect.poll(() => completedRows(world, user, id).catch(() => 0), { timeout: 60_000, interval: 50 }).toBeGreaterThan(rows);
      await killAndRestart(role);
    }
    await expectWhole(world, user, id, lines);
  }, 240_000);

  test('a worker that is killed while it reads the file loses and doubles no line', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => chatLine(`row-${i}`, 'x'.repeat(500), { temperature: 9 }));
    const { id } = await startBatch(sdkOf(world, user), lines);
    await killAndRestart('worker');
    const batch = await batchEnd(sdkOf(world, user), id, 120_000);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 20_000, completed: 0, failed: 20_000 } });
    expectEachOnce(lines, await resultsOf(sdkOf(world, user), batch));
  }, 240_000);

  test('two workers share a batch, and one of them is taken away', async () => {
    await world.start('worker-2', 'worker');
    const lines = slowLines(600);
    const { id } = await startBatch(sdkOf(world, user), lines);
    await expect.poll(() => completedRows(world, user, id), { timeout: 60_000, interval: 50 }).toBeGreaterThan(100);
    await world.roles.get('worker-2')?.end('SIGKILL');
    await expectWhole(world, user, id, lines);
  }, 180_000);
});

describe('embedded', () => {
  let world: World;
  let user: TestUser;
  beforeAll(async () => {
    world = await startWorld('embedded');
    user = await world.user('100000');
  });
  afterAll(() => world?.close());

  test('C58: the one process is killed during a batch, and each custom_id is in the output once', async () => {
    const lines = slowLines(400);
    const { id } = await startBatch(sdkOf(world, user), lines);
    await expect.poll(() => completedRows(world, user, id), { timeout: 60_000, interval: 50 }).toBeGreaterThan(100);
    await world.roles.get('standalone')?.end('SIGKILL');
    await world.start('standalone', 'standalone');
    await expectWhole(world, user, id, lines);
  }, 240_000);
});

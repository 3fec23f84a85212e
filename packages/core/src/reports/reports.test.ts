import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBillingWorld, type BillingWorld } from '../billing/testing/billing-world.ts';
import { recharge } from '../billing/index.ts';
import { execute, sql } from '../database/index.ts';
import { exportOrders } from './export-orders.ts';
import { exportUsage } from './export-usage.ts';
import { renderCsv } from './render-csv.ts';
import { reportUsage } from './report-usage.ts';
import { usageWindow } from './usage-window.ts';

let world: BillingWorld;
let ada: string;
let bob: string;
const window = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-03T00:00:00Z') };

beforeAll(async () => {
  world = await createBillingWorld();
  [ada, bob] = [await world.user('5000'), await world.user('5000')];
  await settled(ada, 1200, '2026-03-01T23:59:59.999999Z');
  await settled(bob, 2, '2026-03-02T00:00:00Z');
  await settled(bob, 1, '2026-03-03T00:00:00Z');
});
afterAll(() => world.close());

/** Jobs of 1 input and 2 output tokens, 3 credits each, settled at this time. */
async function settled(userId: string, jobs: number, at: string): Promise<void> {
  const jobIds = (await world.submit(Array.from({ length: jobs }, () => ({ userId, hold: '3', batchId: 'batch_1' })))) as string[];
  await world.finish(jobIds, { tokens: { input_tokens: 1, output_tokens: 2 } });
  await world.settle(jobIds);
  await execute(world.em(), sql`alter table settlements disable trigger settlements_append_only`);
  await execute(world.em(), sql`update settlements set settled_at = ${at} where job_id = any(${jobIds})`);
  await execute(world.em(), sql`alter table settlements enable trigger settlements_append_only`);
}

async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

describe('the usage report', () => {
  test('a day ends at midnight UTC, and a window before its end', async () => {
    const { data, total } = await reportUsage(world.em(), { userId: null, groups: ['day'], ...window });
    expect(data).toMatchObject([
      {
        day: '2026-03-01',
        model: null,
        template: null,
        user_id: null,
        jobs: 1200,
        input_tokens: 1200,
        output_tokens: 2400,
        cost: '3600.0000',
      },
      { day: '2026-03-02', jobs: 2, cost: '6.0000' },
    ]);
    expect(total).toEqual({
      jobs: 1202,
      input_tokens: 1202,
      cached_input_tokens: 0,
      output_tokens: 2404,
      reasoning_tokens: 0,
      cost: '3606.0000',
    });
  });

  test('groups can be combined, and a user sees their own jobs alone', async () => {
    const all = await reportUsage(world.em(), { userId: null, groups: ['user', 'model', 'template'], ...window });
    expect(all.data.map(({ day, model, user_id: userId, jobs }) => ({ day, model, userId, jobs }))).toEqual([
      { day: null, model: 'alias', userId: ada, jobs: 1200 },
      { day: null, model: 'alias', userId: bob, jobs: 2 },
    ]);
    expect((await reportUsage(world.em(), { userId: bob, groups: ['day'], ...window })).total.jobs).toBe(2);
  });

  test('nothing used is an empty report', async () => {
    const { data, total } = await reportUsage(world.em(), { userId: 'usr_none', groups: ['day'], ...window });
    expect({ data, total }).toMatchObject({ data: [], total: { jobs: 0, cost: '0.0000' } });
  });
});

describe('the window', () => {
  const now = new Date('2026-03-10T12:00:00Z');

  test('is the last 30 days unless told', () => {
    expect(usageWindow({}, now)).toEqual({ from: new Date('2026-02-08T12:00:00Z'), to: now });
  });

  test('never reaches into the future', () => {
    expect(usageWindow({ from: '2026-03-01', to: '2027-01-01' }, now)).toEqual({ from: new Date('2026-03-01T00:00:00Z'), to: now });
  });

  test.each([{ from: '2026-03-11' }, { from: '2026-03-02', to: '2026-03-01' }, { from: '2025-01-01', to: '2026-03-01' }])(
    '%j is refused',
    (asked) => {
      expect(() => usageWindow(asked, now)).toThrow(expect.objectContaining({ code: 'invalid_request', param: 'from' }));
    },
  );
});

describe('exports', () => {
  test('pages of records join without gap or double, also where many were settled at one moment', async () => {
    const lines = (await textOf(exportUsage(world.em(), { userId: null, ...window }, 'jsonl'))).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { job_id: string; settled_at: string });
    expect(new Set(records.map(({ job_id: id }) => id)).size).toBe(1202);
    expect(records).toHaveLength(1202);
    expect(records[0]).toEqual({
      job_id: expect.stringMatching(/^job_/),
      user_id: ada,
      settled_at: '2026-03-01T23:59:59.999Z',
      model: 'alias',
      provider: 'prv_1',
      outcome: 'completed',
      usage_source: 'provider',
      input_tokens: 1,
      cached_input_tokens: 0,
      output_tokens: 2,
      reasoning_tokens: 0,
      cost: '3.0000',
      price_id: expect.stringMatching(/^prc_/),
      price_factor: '1.0000',
      batch_id: 'batch_1',
      conversation_id: null,
    });
  });

  test('CSV has a head line, and only the rows of the user asked for', async () => {
    const lines = (await textOf(exportUsage(world.em(), { userId: bob, ...window }, 'csv'))).split('\r\n');
    expect(lines[0]).toMatch(/^job_id,user_id,settled_at,model,provider,outcome,/);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(
      new RegExp(`^job_\\w+,${bob},2026-03-02T00:00:00.000Z,alias,prv_1,completed,provider,1,0,2,0,3.0000,prc_\\w+,batch_1,,1.0000$`),
    );
  });

  test('all orders are exported, newest first', async () => {
    const order = { userId: ada, amount: '1', createdBy: world.admin, idempotencyKey: null, now: new Date() };
    for (const note of ['=1+1', 'a "b", c', '发票']) await recharge(world.em(), { ...order, note });
    const csv = await textOf(exportOrders(world.em(), { userId: ada }));
    const notes = csv
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split(/,1\.0000,|,usr_\w+,\d{4}-/)[1]);
    expect(notes).toEqual(['发票', '"a ""b"", c"', "'=1+1"]);
    expect(await textOf(exportOrders(world.em(), { userId: bob }))).toBe('id,user_id,amount,note,created_by,created_at\r\n');
  });

  test.each([
    ['=cmd()', "'=cmd()"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    ['\tx', "'\tx"],
    ['\rx', `"'\rx"`],
    ['a,b', '"a,b"'],
    ['plain', 'plain'],
    [-1, '-1'],
    [null, ''],
  ])('the cell %j is written %j', (cell, written) => {
    expect(renderCsv([[cell, 'end']])).toBe(`${written},end\r\n`);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { createTestModel, settledJob } from './settled-job.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.close());

const order = (body: object, key?: string) =>
  api.admin.post('/v1/admin/orders', body, key === undefined ? {} : { headers: { 'idempotency-key': key } });
const adjust = (body: object) => api.admin.post('/v1/admin/adjustments', body);
const walletOf = async (caller: Caller) => (await caller.get('/v1/wallet')).body;

describe('recharges', () => {
  test('an order is made once for each key and is what the user then has', async () => {
    const { id: userId, caller } = await api.user('recharged@example.com');
    const request = { user_id: userId, amount: '12.5', note: '发票 7' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => order(request, 'order-1')));
    const [first] = answers;
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(first?.body).toMatchObject({
      object: 'order',
      user_id: userId,
      amount: '12.5000',
      note: '发票 7',
      created_by: expect.stringMatching(/^usr_/),
    });
    expect(Date.parse(String(first?.body['created_at']))).not.toBeNaN();
    expect((await order({ ...request, amount: '13' }, 'order-1')).body.error.code).toBe('idempotency_mismatch');
    expect(await walletOf(caller)).toEqual({
      object: 'wallet',
      balance: '12.5000',
      held: '0.0000',
      available: '12.5000',
      debt: '0.0000',
      open_jobs: 0,
    });
  });

  test.each([
    [{ amount: '1' }, 'user_id'],
    [{ user_id: 'usr_1', amount: '0' }, 'amount'],
    [{ user_id: 'usr_1', amount: '-1' }, 'amount'],
    [{ user_id: 'usr_1', amount: 5 }, 'amount'],
    [{ user_id: 'usr_1', amount: '1e9' }, 'amount'],
    [{ user_id: 'usr_1', amount: '1.00001' }, 'amount'],
    [{ user_id: 'usr_1', amount: '99999999999999999' }, 'amount'],
    [{ user_id: 'usr_1', amount: '1', note: 'a\u0000b' }, 'note'],
    [{ user_id: 'usr_1', amount: '1', currency: 'CNY' }, 'currency'],
  ])('%j is refused because of %s', async (body, param) => {
    const { status, body: answer } = await order(body);
    expect([status, answer.error.code, answer.error.param]).toEqual([400, 'invalid_request', param]);
  });

  test('a user who does not exist is a 404', async () => {
    expect((await order({ user_id: 'usr_missing', amount: '1' })).status).toBe(404);
  });

  test('orders are listed by page and user, and downloaded as CSV that no spreadsheet runs', async () => {
    const { id: userId } = await api.user('listed@example.com');
    for (const note of ['=HYPERLINK("http://x")', 'b', 'c']) await order({ user_id: userId, amount: '1', note });
    const { body: page } = await api.admin.get(`/v1/admin/orders?user_id=${userId}&limit=2`);
    expect([page.data.map((item) => item['note']), page['has_more']]).toEqual([['c', 'b'], true]);
    const { body: rest } = await api.admin.get(`/v1/admin/orders?user_id=${userId}&limit=2&after=${String(page['last_id'])}`);
    expect([rest.data.length, rest['has_more']]).toEqual([1, false]);
    const { headers, text } = await api.admin.get(`/v1/admin/orders?user_id=${userId}&format=csv`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="orders.csv"');
    expect(text.split('\r\n')).toHaveLength(5);
    expect(text).toContain(`,1.0000,"'=HYPERLINK(""http://x"")",usr_`);
    for (const bad of ['after=ord_missing', 'format=xml', 'colour=red'])
      expect((await api.admin.get(`/v1/admin/orders?${bad}`)).status).toBe(400);
  });
});

describe('adjustments', () => {
  test('give and take, and say why', async () => {
    const { id: userId, caller } = await api.user('adjusted@example.com');
    const given = await adjust({ user_id: userId, amount: '5', reason: 'goodwill' });
    expect([given.status, given.body]).toMatchObject([
      201,
      { object: 'transfer', kind: 'adjustment', debit: 'adjustment', credit: 'wallet', amount: '5.0000', note: 'goodwill' },
    ]);
    expect((await adjust({ user_id: userId, amount: '-2', reason: 'too much' })).body).toMatchObject({
      debit: 'wallet',
      credit: 'adjustment',
      amount: '2.0000',
    });
    const refused = await adjust({ user_id: userId, amount: '-3.0001', reason: 'all' });
    expect([refused.status, refused.body.error]).toMatchObject([409, { code: 'conflict', param: 'amount' }]);
    expect((await walletOf(caller))['balance']).toBe('3.0000');
  });

  test.each([
    [{ amount: '0.0000', reason: 'x' }, 'amount'],
    [{ amount: '--1', reason: 'x' }, 'amount'],
    [{ amount: '1' }, 'reason'],
    [{ amount: '1', reason: ' ' }, 'reason'],
  ])('%j is refused because of %s', async (body, param) => {
    expect((await adjust({ user_id: 'usr_1', ...body })).body.error).toMatchObject({ code: 'invalid_request', param });
  });
});

describe('transfers', () => {
  test('show a user their own ledger: what came in, and what a job cost', async () => {
    const { id: userId, caller } = await api.user('spender@example.com');
    await createTestModel(api, 'ledger-model');
    await order({ user_id: userId, amount: '100' });
    const jobId = await settledJob(api, caller, 'ledger-model');
    const { body } = await caller.get('/v1/wallet/transfers');
    expect(body.data).toMatchObject([
      {
        object: 'transfer',
        user_id: userId,
        kind: 'usage',
        debit: 'wallet',
        credit: 'revenue',
        amount: '7.1235',
        job_id: jobId,
        order_id: null,
      },
      {
        kind: 'recharge',
        debit: 'cash_clearing',
        credit: 'wallet',
        amount: '100.0000',
        job_id: null,
        order_id: expect.stringMatching(/^ord_/),
      },
    ]);
    expect(await walletOf(caller)).toMatchObject({ balance: '92.8765', held: '0.0000', open_jobs: 0 });
    const { caller: other } = await api.user('stranger@example.com');
    expect((await other.get('/v1/wallet/transfers')).body.data).toEqual([]);
    expect((await other.get(`/v1/wallet/transfers?after=${body.data[0]?.id}`)).body.error).toMatchObject({
      code: 'invalid_request',
      param: 'after',
    });
  });
});

test('users are kept out of what administrators do', async () => {
  const { id, caller } = await api.user('curious@example.com');
  for (const path of ['orders', 'usage', 'usage/records', 'audit']) expect((await caller.get(`/v1/admin/${path}`)).status).toBe(403);
  expect((await caller.post('/v1/admin/orders', { user_id: id, amount: '1' })).status).toBe(403);
  expect((await caller.post('/v1/admin/adjustments', { user_id: id, amount: '1', reason: 'me' })).status).toBe(403);
});

test('the audit of all this has no findings, and names what it looked at', async () => {
  const { status, body } = await api.admin.get('/v1/admin/audit');
  const invariants = body['invariants'] as { id: string; findings: number; examples: unknown[] }[];
  expect(status).toBe(200);
  expect(body).toMatchObject({ object: 'audit_report', findings: 0 });
  expect(invariants.map(({ id }) => id)).toEqual(expect.arrayContaining(['I1', 'I8', 'I20', 'S1', 'R7']));
});

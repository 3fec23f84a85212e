import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { ageSettlements, createTestModel, settledJob } from './settled-job.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
let ada: { id: string; caller: Caller };
let bob: { id: string; caller: Caller };

beforeAll(async () => {
  api = await startTestApi();
  [ada, bob] = [await api.user('ada@example.com'), await api.user('bob@example.com')];
  for (const { id } of [ada, bob]) await api.admin.post('/v1/admin/orders', { user_id: id, amount: '1000' });
  for (const model of ['plain', 'fancy']) await createTestModel(api, model);
  for (const model of ['plain', 'plain', 'fancy']) await settledJob(api, ada.caller, model);
  await settledJob(api, bob.caller, 'plain');
  await ageSettlements(api);
  await settledJob(api, ada.caller, 'plain');
});
afterAll(() => api?.close());

test('a user sees what their own jobs cost, by model', async () => {
  const { status, body } = await ada.caller.get('/v1/usage?group_by=model');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    object: 'usage_report',
    group_by: ['model'],
    total: { jobs: 4, input_tokens: 12, output_tokens: 16, cost: '28.4940' },
  });
  expect(body.data).toMatchObject([
    { day: null, model: 'fancy', template: null, user_id: null, jobs: 1, cost: '7.1235' },
    { model: 'plain', jobs: 3, cost: '21.3705' },
  ]);
});

test('days are the default group', async () => {
  const { body } = await bob.caller.get('/v1/usage');
  expect(body).toMatchObject({ group_by: ['day'], data: [{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), jobs: 1 }] });
});

test('administrators see everybody, or one user', async () => {
  const { body: all } = await api.admin.get('/v1/admin/usage?group_by=user,day');
  expect(all.data.map((row) => [row['user_id'], row['jobs']])).toEqual(
    expect.arrayContaining([
      [ada.id, 3],
      [ada.id, 1],
      [bob.id, 1],
    ]),
  );
  const { body: one } = await api.admin.get(`/v1/admin/usage?user_id=${bob.id}`);
  expect(one['total']).toMatchObject({ jobs: 1 });
});

test('records are downloaded as JSON lines or CSV, and those of others are not among them', async () => {
  const lines = await ada.caller.get('/v1/usage/records?format=jsonl');
  expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  const records = lines.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records).toHaveLength(4);
  expect(records[0]).toMatchObject({
    user_id: ada.id,
    model: 'plain',
    provider: 'plain',
    outcome: 'completed',
    usage_source: 'provider',
    cost: '7.1235',
  });
  const csv = await bob.caller.get('/v1/usage/records');
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="usage.csv"');
  expect(csv.text.trimEnd().split('\r\n')).toHaveLength(2);
  const all = await api.admin.get(`/v1/admin/usage/records?format=jsonl`);
  expect(all.text.trimEnd().split('\n')).toHaveLength(5);
  const one = await api.admin.get(`/v1/admin/usage/records?format=jsonl&user_id=${bob.id}`);
  expect(one.text.trimEnd().split('\n')).toHaveLength(1);
});

test('a window bounds both', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const { body } = await ada.caller.get(`/v1/usage?from=2020-01-01&to=2020-02-01`);
  expect(body).toMatchObject({
    from: '2020-01-01T00:00:00.000Z',
    to: '2020-02-01T00:00:00.000Z',
    data: [],
    total: { jobs: 0, cost: '0.0000' },
  });
  expect((await ada.caller.get('/v1/usage/records?from=2020-01-01&to=2020-02-01')).text).toMatch(/^job_id,[a-z_,]+\r\n$/);
  expect((await ada.caller.get(`/v1/usage?to=${tomorrow}`)).body['total']).toMatchObject({ jobs: 4 });
});

test.each([
  ['group_by=user', 'group_by.0'],
  ['group_by=day,day', 'group_by'],
  ['group_by=', 'group_by.0'],
  ['from=yesterday', 'from'],
  ['from=2026-02-30', 'from'],
  ['from=2099-01-01', 'from'],
  ['from=2020-01-01', 'from'],
  ['user_id=usr_1', 'user_id'],
])('?%s is refused because of %s', async (query, param) => {
  const { status, body } = await ada.caller.get(`/v1/usage?${query}`);
  expect([status, body.error.code, body.error.param]).toEqual([400, 'invalid_request', param]);
});

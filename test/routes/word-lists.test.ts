import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, sql } from '@sluice/core';
import type { Caller } from './caller.ts';
import { make, startTemplateWorld } from './template-world.ts';
import type { TestApi } from './test-api.ts';

let api: TestApi;
let ada: Caller;
const path = '/v1/admin/word-lists';

beforeAll(async () => {
  const world = await startTemplateWorld();
  ({ api, ada } = world);
  await make(ada, 'greet');
});
afterAll(() => api?.close());

const created = async (list: object) => {
  const answer = await api.admin.post(path, list);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};

/** What the newest job of a user froze. */
const frozen = async () => {
  const [row] = await execute(
    api.db.em(),
    sql<{
      request: unknown;
      input: unknown;
      echo: unknown;
    }>`select request, surface_input as input, surface_echo as echo from jobs order by id desc limit 1`,
  );
  return row;
};

/** A change takes a moment until questions are looked through for it. */
const untilBlocked = (word: string) =>
  expect.poll(async () => (await ada.post('/v1/jobs', { model: 'mock', input: word })).body.error?.code).toBe('content_blocked');

test('a list is made, shown, changed and deleted, and the audit log tells of it without its words', async () => {
  const list = await created({ name: 'Rivals', action: 'mask', applies_to: 'output', words: [' Acme ', 'ACME', '阿克姆'] });
  expect(list).toMatchObject({ object: 'word_list', enabled: true, word_count: 2, words: ['ACME', '阿克姆'] });
  const { body: page } = await api.admin.get(path);
  expect(page.data[0]).toMatchObject({ id: list.id, word_count: 2 });
  expect(page.data[0]).not.toHaveProperty('words');
  expect((await api.admin.patch(`${path}/${list.id}`, { add: ['Globex'], remove: ['ａｃｍｅ'] })).body).toMatchObject({
    words: ['阿克姆', 'Globex'],
  });
  expect((await api.admin.patch(`${path}/${list.id}`, { words: ['x'], action: 'block', enabled: false })).body).toMatchObject({
    words: ['x'],
    action: 'block',
  });
  expect((await api.admin.get(`${path}/${list.id}`)).body).toMatchObject({ name: 'Rivals', words: ['x'], enabled: false });
  expect((await api.admin.delete(`${path}/${list.id}`)).body).toEqual({ id: list.id, object: 'word_list', deleted: true });
  expect((await api.admin.get(`${path}/${list.id}`)).status).toBe(404);
  const { body: log } = await api.admin.get('/v1/admin/audit-log?limit=4');
  expect(log.data.map(({ action }) => action)).toEqual(['word_list.delete', 'word_list.update', 'word_list.update', 'word_list.create']);
  expect(JSON.stringify(log)).not.toMatch(/Globex|阿克姆/);
});

test('a create that is sent again makes one list, and a name is taken once', async () => {
  const list = { name: 'Once', action: 'block', words: ['once'], enabled: false };
  const headers = { 'idempotency-key': 'k' };
  const [first, again] = [await api.admin.post(path, list, { headers }), await api.admin.post(path, list, { headers })];
  expect(again.body.id).toBe(first.body.id);
  expect(await api.admin.post(path, list)).toMatchObject({ status: 409, body: { error: { param: 'name' } } });
});

test('every fault of a list has its place', async () => {
  const { body } = await api.admin.post(path, { name: '', action: 'hide', words: ['', 'x'.repeat(101)], wrong: 1 });
  expect(body.errors.map(({ path }) => path)).toEqual(expect.arrayContaining(['name', 'action', 'words.0', 'words.1', 'wrong']));
  expect((await api.admin.post(path, { name: 'n', action: 'mask', words: ['a', '\u200b'] })).body.errors).toMatchObject([
    { path: 'words.1' },
  ]);
  const list = await created({ name: 'Faulty', action: 'mask', words: ['q'], enabled: false });
  expect((await api.admin.patch(`${path}/${list.id}`, { words: ['a'], add: ['b'] })).status).toBe(400);
  const many = Array.from({ length: 20_001 }, (_, i) => `w${i}`);
  expect((await api.admin.patch(`${path}/${list.id}`, { words: many })).status).toBe(400);
  expect((await api.admin.patch(`${path}/${list.id}`, { add: many.slice(1) })).status).toBe(400);
  expect((await api.admin.patch(`${path}/${list.id}`, { words: many.slice(1) })).body).toMatchObject({ word_count: 20_000 });
  await api.admin.delete(`${path}/${list.id}`);
});

test('only administrators see them', async () => {
  expect((await ada.get(path)).status).toBe(403);
  expect((await ada.post(path, { name: 'mine', action: 'mask', words: ['x'] })).status).toBe(403);
});

test('a question with a blocked word is refused on every route, with its place and without the word, and leaves nothing behind', async () => {
  await created({ name: 'Never', action: 'block', applies_to: 'input', words: ['verboten'] });
  await untilBlocked('very VERBOTEN');
  const before = await jobsAndHold();
  const word = 'ｖｅｒｂｏｔｅｎ';
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'user', content: [{ type: 'text', text: word }] },
  ];
  const refused = { status: 400, body: { error: { code: 'content_blocked', type: 'invalid_request_error' } } };
  for (const [body, param] of [
    [{ input: word }, 'input'],
    [{ input: 'Hi', instructions: word }, 'instructions'],
    [{ messages }, 'messages.1'],
    [{ template: 'greet', variables: { name: word } }, 'variables'],
  ] as const) {
    const answer = await ada.post('/v1/jobs', { ...('template' in body ? {} : { model: 'mock' }), ...body });
    expect(answer).toMatchObject(refused);
    expect(answer.body.error).toMatchObject({ param });
    expect(answer.text).not.toMatch(/verboten|Never/i);
  }
  const { body: bulk } = await ada.post('/v1/jobs/bulk', {
    jobs: [
      { model: 'mock', input: word },
      { model: 'mock', input: 'Hi' },
    ],
  });
  expect(bulk.data).toMatchObject([{ error: { code: 'content_blocked' } }, { job: { status: 'queued' } }]);
  const openai = { status: 400, body: { error: { code: 'content_policy_violation', type: 'invalid_request_error' } } };
  expect(await ada.post('/v1/chat/completions', { model: 'mock', messages })).toMatchObject(openai);
  for (const body of [{ input: word }, { input: 'Hi', instructions: word }, { input: messages.map((one) => ({ ...one, content: word })) }])
    expect(await ada.post('/v1/responses', { model: 'mock', ...body })).toMatchObject(openai);
  const after = await jobsAndHold();
  expect(after).toMatchObject({ jobs: before.jobs + 1 });
});

test('a masked word is masked in everything that is stored and sent, and nothing but texts is touched', async () => {
  await created({ name: 'Hidden', action: 'mask', applies_to: 'both', words: ['secret', 'data', 'role'] });
  await created({ name: 'Sentinel', action: 'block', applies_to: 'input', words: ['sentinel'] });
  await untilBlocked('sentinel');
  const call = { id: 'call_secret', type: 'function', function: { name: 'secret', arguments: '{"n": 1.50, "data":"a \\u0073ecret"}' } };
  const price = { mode: 'simple', input_price: '0', output_price: '0' };
  await api.admin.post('/v1/admin/models', {
    alias: 'seer',
    capabilities: ['text', 'vision'],
    routes: [{ provider: 'mock', model: 'm' }],
    price,
  });
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,secret' } };
  const messages = [
    { role: 'user', content: [{ type: 'text', text: 'My Secret.' }, image] },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_secret', content: 'secret' },
  ];
  expect(
    (await ada.post('/v1/jobs', { model: 'seer', messages, instructions: 'Keep the secret', metadata: { data: 'secret' } })).status,
  ).toBe(202);
  expect((await frozen())?.request).toMatchObject({
    messages: [
      { role: 'system', content: 'Keep the ***' },
      { role: 'user', content: [{ type: 'text', text: 'My ***.' }, image] },
      { role: 'assistant', tool_calls: [{ ...call, function: { name: 'secret', arguments: '{"n":1.5,"data":"a ***"}' } }] },
      { role: 'tool', tool_call_id: 'call_secret', content: '***' },
    ],
  });
  const { body: response } = await ada.post('/v1/responses', {
    model: 'mock',
    input: 'A secret?',
    instructions: 'Secret!',
    background: true,
  });
  expect(response).toMatchObject({ instructions: '***!' });
  expect(await frozen()).toMatchObject({
    request: { messages: [{ content: '***!' }, { content: 'A ***?' }] },
    input: [{ content: [{ text: 'A ***?' }] }],
    echo: { instructions: '***!' },
  });
});

test('a key stands for what was asked, whatever is masked in it later', async () => {
  const headers = { 'idempotency-key': 'stable' };
  const ask = () => ada.post('/v1/jobs', { model: 'mock', input: 'About gadgets' }, { headers });
  const first = await ask();
  await created({ name: 'Later', action: 'mask', words: ['gadget'] });
  await created({ name: 'Later still', action: 'block', words: ['doohickey'] });
  await untilBlocked('doohickey');
  expect((await ask()).body.id).toBe(first.body.id);
});

test('words that were found are counted by list', async () => {
  const { text } = await api.anonymous.get('/metrics');
  expect(text).toMatch(/sluice_listed_words_total\{list="Never",action="block",direction="input"\} \d/);
});

async function jobsAndHold() {
  const [row] = await execute(
    api.db.em(),
    sql<{ jobs: number; held: string }>`select (select count(*)::int from jobs) as jobs, (select sum(held)::text from wallets) as held`,
  );
  return row as { jobs: number; held: string };
}

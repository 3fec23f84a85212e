import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readToEnd, textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

/** Answers are looked through in the worker, and a change of the lists reaches every process while it runs. */
describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;

  beforeAll(async () => {
    world = await startWorld(mode);
    user = await world.user('1000');
  });
  afterAll(() => world?.close());

  const list = async (body: object) => expect((await world.admin.post('/v1/admin/word-lists', body)).status).toBe(201);

  async function ask(directive: object, more: object = {}) {
    const input = `[[sim ${JSON.stringify({ tokens_per_s: 1000, ...directive })}]] Speak.`;
    const { body, text, status } = await user.call.post('/v1/jobs', { model: 'mock', input, params: { max_tokens: 1000 }, ...more });
    expect(status, text).toBe(202);
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId: body.id });
    return { entries, job: (await user.call.get(`/v1/jobs/${body.id}`)).body };
  }

  test('a list applies soon after it was made, in every process that runs', async () => {
    await list({ name: 'Rivals', action: 'mask', applies_to: 'output', words: ['Acme Inc', '敏感词'] });
    await list({ name: 'Banned', action: 'block', applies_to: 'output', words: ['forbidden'] });
    await expect.poll(async () => textOf((await ask({ text: 'Acme Inc', tag: 'wait' })).entries), { timeout: 15_000 }).toBe('***');
  });

  test('words that are spread over deltas are masked, in what is streamed and in what is stored', async () => {
    const { entries, job } = await ask({ deltas: ['Ask ', 'AC', 'ME I', 'nc', ' or ', '敏', '感', '词', '. Ac', 'me?'] });
    expect(textOf(entries)).toBe('Ask *** or ***. Acme?');
    expect(job).toMatchObject({ status: 'completed', output: { text: 'Ask *** or ***. Acme?' } });
  });

  test('a word that blocks ends the call and the job, which keeps what came before and is charged for it', async () => {
    const tag = `blocked-${mode}`;
    const deltas = ['This is for', 'bid', 'den. ', ...Array.from({ length: 500 }, () => 'More. ')];
    const { entries, job } = await ask({ deltas, tokens_per_s: 50, tag });
    expect(textOf(entries)).toBe('This is ');
    expect(entries.at(-1)?.event).toMatchObject({ type: 'job-end', status: 'incomplete', finish_reason: 'content_filter' });
    expect(job).toMatchObject({
      status: 'incomplete',
      output: { text: 'This is ', finish_reason: 'content_filter' },
      usage: { source: 'estimated' },
    });
    await expect.poll(() => world.simulator.ledger.calls(tag), { timeout: 5000 }).toMatchObject([{ outcome: 'client-closed' }]);
    const settled = async () => (await user.call.get(`/v1/jobs/${job.id}`)).body;
    await expect.poll(settled, { timeout: 10_000 }).toMatchObject({ billing: { state: 'settled' } });
    expect(Number(((await settled()) as unknown as { billing: { cost: string } }).billing.cost)).toBeGreaterThan(0);
    expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
  });

  test('clients of OpenAI read content_filter as the reason', async () => {
    const messages = [{ role: 'user', content: '[[sim {"deltas":["Well, ","forb","idden"]}]] Speak.' }];
    const { body: chat } = await user.call.post('/v1/chat/completions', { model: 'mock', messages });
    expect(chat).toMatchObject({ choices: [{ message: { content: 'Well, ' }, finish_reason: 'content_filter' }] });
    const { body: response } = await user.call.post('/v1/responses', { model: 'mock', input: messages[0]?.content });
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
  });

  test('a row of a batch with a blocked word fails alone', async () => {
    await list({ name: 'Input', action: 'block', applies_to: 'input', words: ['verboten'] });
    const isRefused = async () => (await user.call.post('/v1/jobs', { model: 'mock', input: 'verboten' })).status;
    await expect.poll(isRefused, { timeout: 15_000 }).toBe(400);
    await expect
      .poll(() => runBatch(['Hi', 'VERBOTEN']), { timeout: 20_000, interval: 100 })
      .toMatchObject({ status: 'completed', request_counts: { completed: 1, failed: 1 } });
  });

  async function runBatch(inputs: string[]) {
    const lines = inputs.map((content, i) =>
      JSON.stringify({
        custom_id: String(i),
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'mock', messages: [{ role: 'user', content }] },
      }),
    );
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([lines.join('\n')]), 'rows.jsonl');
    const upload = await fetch(`${world.url()}/v1/files`, { method: 'POST', headers: { authorization: `Bearer ${user.key}` }, body: form });
    const { id } = (await upload.json()) as { id: string };
    const batch = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' };
    const { body } = await user.call.post('/v1/batches', batch);
    const state = async () => (await user.call.get(`/v1/batches/${body.id}`)).body;
    await expect.poll(async () => (await state())['status'], { timeout: 15_000 }).toMatch(/completed|failed/);
    return state();
  }
});

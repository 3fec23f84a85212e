import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnswerBody } from '../routes/caller.ts';
import { readToEnd, textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

type Message = { role: string; content: string };

/** A provider that answers the n-th call of a job with the n-th of the answers that its question lists; a number is a status. */
async function startParrot() {
  const asked: Message[][] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      const { messages } = JSON.parse(text) as { messages: Message[] };
      asked.push(messages);
      const answers = JSON.parse(messages[0]?.content ?? '[]') as (string | number)[];
      const answer = answers[messages.length > 1 ? 1 : 0] ?? '';
      if (typeof answer === 'number') return response.writeHead(answer).end('{"error":{"message":"no"}}');
      const chunk = { choices: [{ index: 0, delta: { content: answer }, finish_reason: 'stop' }] };
      const usage = { choices: [], usage: { prompt_tokens: 100, completion_tokens: 10 } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify(chunk)}\n\ndata: ${JSON.stringify(usage)}\n\ndata: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close: () => server.close() };
}

const schema = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'], additionalProperties: false };
const formatOf = (given: object) => ({ type: 'json_schema', json_schema: { name: 'person', schema: given } });

interface Answered extends AnswerBody {
  output: { text: string; schema_valid?: boolean; schema_errors?: object[] };
  billing: { cost: string; hold: string };
}

describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;
  let parrot: Awaited<ReturnType<typeof startParrot>>;
  beforeAll(async () => {
    [world, parrot] = await Promise.all([startWorld(mode), startParrot()]);
    await world.admin.post('/v1/admin/providers', { name: 'parrot', base_url: parrot.baseUrl, api_key: 'sk-parrot' });
    const price = { mode: 'simple', input_price: '1', output_price: '2' };
    await world.admin.post('/v1/admin/models', { alias: 'parrot', routes: [{ provider: 'parrot', model: 'm' }], price });
    user = await world.user('1000');
  });
  afterAll(async () => {
    parrot?.close();
    await world?.close();
  });

  const bodyOf = (answers: (string | number)[], more: object = {}) => ({
    model: 'parrot',
    input: JSON.stringify(answers),
    params: { max_tokens: 100, response_format: formatOf(schema) },
    ...more,
  });
  const ask = async (answers: (string | number)[], more: object = {}) => {
    const { status, body, text } = await user.call.post('/v1/jobs?wait=20', bodyOf(answers, more));
    expect(status, text).toBe(200);
    return body as Answered;
  };
  const settled = async (id: string) => {
    const look = async () => (await user.call.get(`/v1/jobs/${id}`)).body as Answered;
    await expect.poll(look, { timeout: 10_000 }).toMatchObject({ billing: { state: 'settled' } });
    return look();
  };

  test('an answer that fits is marked so, one that does not is marked with what is wrong', async () => {
    expect(await ask(['{"age":3}'])).toMatchObject({ status: 'completed', output: { text: '{"age":3}', schema_valid: true } });
    const wrong = await ask(['{"age":"three"}']);
    expect(wrong).toMatchObject({
      status: 'completed',
      attempt: 1,
      error: null,
      output: { text: '{"age":"three"}', schema_valid: false, schema_errors: [{ path: 'age', message: 'must be integer' }] },
    });
    expect((await ask(['{"age":3}'], { params: {} })).output).not.toHaveProperty('schema_valid');
  });

  test('a job that is to fail then does, with its answer, and is charged for it', async () => {
    const job = await ask(['Three.'], { output_check: { on_invalid: 'fail' } });
    expect(job).toMatchObject({
      status: 'failed',
      error: { code: 'output_invalid', message: 'The answer does not fit the JSON schema: is not JSON' },
      output: { text: 'Three.', schema_valid: false },
    });
    expect((await settled(job.id)).billing.cost).toBe('0.1200');
  });

  test('a repair shows the model its answer and what is wrong with it, and both answers are charged', async () => {
    const job = await ask(['{"age":"three"}', '{"age":3}'], { output_check: { repair: true, on_invalid: 'fail' } });
    expect(job).toMatchObject({
      status: 'completed',
      attempt: 2,
      failures: 0,
      output: { text: '{"age":3}', schema_valid: true },
      usage: { input_tokens: 200, output_tokens: 20, source: 'provider' },
    });
    expect(parrot.asked.at(-1)).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: '{"age":"three"}' },
      { role: 'user', content: expect.stringContaining('age: must be integer') },
    ]);
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId: job.id });
    expect(textOf(entries)).toBe('{"age":3}');
    expect(entries.map(({ event }) => event.type)).toEqual([
      'attempt-start',
      'text-delta',
      'attempt-error',
      'attempt-start',
      'text-delta',
      'usage',
      'job-end',
    ]);
    expect(entries.at(-1)?.event).toMatchObject({ usage: { input_tokens: 200, output_tokens: 20 } });
    const { billing } = await settled(job.id);
    expect(billing.cost).toBe('0.2400');
    expect(Number(billing.hold)).toBeGreaterThan(3.2);
  });

  test('there is one repair; what is wrong still, or cannot be repaired, ends as the caller chose', async () => {
    const check = { output_check: { repair: true } };
    const twice = await ask(['{}', '[]'], check);
    expect(twice).toMatchObject({ status: 'completed', attempt: 2, output: { text: '[]', schema_valid: false } });
    const broken = await ask(['{}', 400], check);
    expect(broken).toMatchObject({ status: 'completed', output: { text: '{}', schema_valid: false }, usage: { input_tokens: 100 } });
    expect((await settled(broken.id)).billing.cost).toBe('0.1200');
    // What readers were shown cannot be taken back there.
    expect(await ask(['{}', '{"age":3}'], { ...check, on_stream_failure: 'fail' })).toMatchObject({
      attempt: 1,
      output: { schema_valid: false },
    });
  });

  test('a schema that cannot be used is refused by its path, on every route', async () => {
    const wrong = formatOf({ type: 'thing' });
    const native = await user.call.post('/v1/jobs', bodyOf([], { params: { response_format: wrong } }));
    expect(native.body.errors).toMatchObject([{ path: 'params.response_format.json_schema.schema' }]);
    const chat = { model: 'parrot', messages: [{ role: 'user', content: 'Hi.' }], response_format: wrong };
    expect((await user.call.post('/v1/chat/completions', chat)).body.error).toMatchObject({ param: 'response_format.json_schema.schema' });
    const response = { model: 'parrot', input: 'Hi.', text: { format: { type: 'json_schema', name: 'x', schema: { type: 'thing' } } } };
    expect((await user.call.post('/v1/responses', response)).body.error).toMatchObject({ param: 'text.format.schema' });
    const unasked = await user.call.post('/v1/jobs', { model: 'parrot', input: 'Hi.', output_check: { repair: true } });
    expect(unasked.body.errors).toMatchObject([{ path: 'output_check' }]);
  });

  test('what was charged adds up', async () => {
    expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
  });
});

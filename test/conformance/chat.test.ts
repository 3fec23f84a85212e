import { generateText, jsonSchema, streamText, tool, type ToolSet } from 'ai';
import { APIError, AuthenticationError, BadRequestError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAiSdk, createLangChain, createSdk } from './clients.ts';
import { readRaw } from './raw-stream.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

describe.each(['embedded', 'distributed'] as const)('chat completions and models, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => void (world = await startSurfaceWorld(mode)));
  afterAll(() => world?.close());

  const credentials = () => ({ url: world.url(), key: world.person.key });
  const bodyOf = (directive: Parameters<typeof ask>[0], more: object = {}) => ({
    model: 'mock',
    messages: [{ role: 'user' as const, content: ask(directive) }],
    ...more,
  });
  const latestJob = async () => (await world.person.call.get('/v1/jobs?limit=1')).body.data[0];

  const look = {
    name: 'look',
    description: 'Looks',
    parameters: { type: 'object' as const, properties: { at: { type: 'string' as const } } },
  };
  const calling = { tool_calls: [{ id: 'call_77', name: 'look', arguments: '{"at":"the sea"}' }] };

  test('C42: a chat completion is answered whole', async () => {
    const { data, response } = await world.sdk.chat.completions.create(bodyOf({ text: 'Rivers run to the sea.' })).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'mock',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Rivers run to the sea.', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number), total_tokens: expect.any(Number) },
    });
    expect(data.id).toMatch(/^chatcmpl-/);
    expect(Math.abs(data.created - Date.now() / 1000)).toBeLessThan(3600);
    expect(response.headers.get('x-job-id')).toBe(data.id.replace('chatcmpl-', 'job_'));
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    const called = await world.sdk.chat.completions.create(bodyOf(calling, { tools: [{ type: 'function', function: look }] }));
    expect(called.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ id: 'call_77', type: 'function', function: { name: 'look', arguments: '{"at":"the sea"}' } }],
      },
    });
  });

  test('C43: with include_usage the last chunk tells the usage, and those before it that it is not known', async () => {
    const raw = await readRaw({
      ...credentials(),
      path: '/v1/chat/completions',
      body: bodyOf({ text: 'Two words.' }, { stream: true, stream_options: { include_usage: true } }),
    });
    expect(raw.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(raw.text).not.toMatch(/^(id|event|retry):/m);
    expect(raw.data.at(-1)).toBe('[DONE]');
    const chunks = raw.data
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { choices: unknown[]; usage: unknown; id: string; created: number });
    expect(chunks.slice(0, -1).every(({ usage, choices }) => usage === null && choices.length === 1)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number), completion_tokens: 2 } });
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
  });

  test('C44: without include_usage there is no usage', async () => {
    const stream = await world.sdk.chat.completions.create(bodyOf({ text: 'Two words.' }, { stream: true as const }));
    let text = '';
    for await (const chunk of stream as unknown as AsyncIterable<{ choices: { delta: { content?: string } }[] }>) {
      expect(chunk).not.toHaveProperty('usage');
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('Two words.');
  });

  test('the helper, the AI SDK and LangChain read the same text and arguments', async () => {
    const rich = { ...calling, text: 'I look.', tokens: 3 };
    const helper = world.sdk.chat.completions.stream(bodyOf(rich, { tools: [{ type: 'function', function: look }] }));
    expect((await helper.finalChatCompletion()).choices[0]?.message).toMatchObject({
      content: 'I look.',
      tool_calls: [{ id: 'call_77', function: { arguments: '{"at":"the sea"}' } }],
    });

    const ai = createAiSdk(credentials());
    const tools = { look: tool({ inputSchema: jsonSchema(look.parameters) }) } as unknown as ToolSet;
    const whole = await generateText({ model: ai.chat('mock'), prompt: ask(rich), tools });
    expect([whole.text, whole.toolCalls[0]?.input, whole.finishReason]).toEqual(['I look.', { at: 'the sea' }, 'tool-calls']);
    const streamed = streamText({ model: ai.chat('mock'), prompt: ask(rich), tools });
    expect(await streamed.text).toBe('I look.');
    expect(await streamed.toolCalls).toMatchObject([{ toolCallId: 'call_77', input: { at: 'the sea' } }]);
    expect(await streamed.usage).toMatchObject({ inputTokens: expect.any(Number), outputTokens: expect.any(Number) });

    const chain = createLangChain(credentials()).chat.bindTools([{ type: 'function', function: look }]);
    const invoked = await chain.invoke(ask(rich));
    expect([invoked.text, invoked.tool_calls?.[0]?.args]).toEqual(['I look.', { at: 'the sea' }]);
    let gathered;
    for await (const chunk of await chain.stream(ask(rich))) gathered = gathered ? gathered.concat(chunk) : chunk;
    expect([gathered?.text, gathered?.tool_calls?.[0]?.args]).toEqual(['I look.', { at: 'the sea' }]);
    expect(gathered?.usage_metadata).toMatchObject({ output_tokens: expect.any(Number) });
  });

  test('C46: a failure in the middle of a stream is thrown, with its code', async () => {
    const stream = (await world.sdk.chat.completions.create(
      bodyOf({ tokens: 20, error_at: 5 }, { stream: true as const }),
    )) as unknown as AsyncIterable<object>;
    const read = async () => {
      for await (const chunk of stream) expect(chunk).toHaveProperty('choices');
    };
    const thrown = await read().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(APIError);
    expect(thrown).toMatchObject({ code: 'server_error', type: 'server_error' });
  });

  test('a failure before the first chunk has a status, and asks for no retry', async () => {
    const failed = world.sdk.chat.completions.create(
      bodyOf({ status: 400, code: 'context_length_exceeded', message: 'The maximum context length is 8192 tokens.' }),
    );
    await expect(failed).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
    const thrown: unknown = await failed.catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(BadRequestError);
    expect((thrown as APIError).headers?.get('x-should-retry')).toBe('false');
  });

  test('C47: a caller who gives up while queued leaves nothing behind, and the provider is never called', async () => {
    const resume = await world.pause();
    const tag = `c47-${mode}`;
    const controller = new AbortController();
    const held = world.sdk.chat.completions.create(bodyOf({ tag }, { model: 'narrow' }), { signal: controller.signal });
    await expect.poll(async () => await latestJob(), { timeout: 10_000 }).toMatchObject({ model: 'narrow', status: 'queued' });
    const job = await latestJob();
    controller.abort();
    await expect(held).rejects.toThrow();
    await expect
      .poll(async () => (await world.person.call.get(`/v1/jobs/${job?.id}`)).body['status'], { timeout: 10_000 })
      .toBe('cancelled');
    await resume();
    const next = await world.sdk.chat.completions.create(bodyOf({ text: 'Next.' }, { model: 'narrow' }));
    expect(next.choices[0]?.message.content).toBe('Next.');
    expect(world.simulator.ledger.calls(tag)).toEqual([]);
  });

  test('a caller who leaves a stream cancels it', async () => {
    const tag = `chat-leaves-${mode}`;
    const stream = (await world.sdk.chat.completions.create(
      bodyOf({ tokens: 1000, tokens_per_s: 50, tag }, { stream: true as const }),
    )) as unknown as AsyncIterable<object>;
    for await (const _chunk of stream) break;
    await expect.poll(() => world.simulator.ledger.calls(tag)[0]?.clientClosedAt, { timeout: 5000 }).toBeTypeOf('number');
    const job = await latestJob();
    await expect.poll(async () => (await world.person.call.get(`/v1/jobs/${job?.id}`)).body['status']).toBe('cancelled');
  });

  test('C32: a wrong key and no key are refused once', async () => {
    let requests = 0;
    const counting: typeof fetch = (url, init) => ((requests += 1), fetch(url, init));
    for (const key of ['sk-wrong', ' ']) {
      const client = createSdk({ url: world.url(), key }, { fetch: counting });
      const thrown: unknown = await client.chat.completions.create(bodyOf({})).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(AuthenticationError);
      expect(thrown).toMatchObject({ status: 401, code: 'invalid_api_key' });
    }
    expect(requests).toBe(2);
  });

  test('C33: an unknown model is not found', async () => {
    for (const create of [
      () => world.sdk.chat.completions.create(bodyOf({}, { model: 'nobody' })),
      () => world.sdk.responses.create({ model: 'nobody', input: 'x' }),
    ]) {
      const thrown: unknown = await create().catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(NotFoundError);
      expect(thrown).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
    }
  });

  test('C34: malformed and unsupported fields are named', async () => {
    const chat: [object, string, string][] = [
      [{ temperature: 'hot' }, 'temperature', 'invalid_type'],
      [{ temperature: 3 }, 'temperature', 'invalid_value'],
      [{ messages: undefined }, 'messages', 'missing_required_parameter'],
      [{ messages: [] }, 'messages', 'invalid_value'],
      [
        {
          messages: [
            { role: 'user', content: 'x' },
            { role: 'nobody', content: 'x' },
          ],
        },
        'messages[1].role',
        'invalid_value',
      ],
      [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name', 'missing_required_parameter'],
      [{ n: 2 }, 'n', 'unsupported_parameter'],
      [{ logprobs: true }, 'logprobs', 'unsupported_parameter'],
      [{ functions: [look] }, 'functions', 'unsupported_parameter'],
      [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type', 'unsupported_parameter'],
    ];
    const responses: [object, string, string][] = [
      [{ input: 5 }, 'input', 'invalid_type'],
      [{ input: undefined }, 'input', 'missing_required_parameter'],
      [{ input: [{ role: 'user', content: 'x' }, { role: 'user' }] }, 'input[1].content', 'missing_required_parameter'],
      [{ max_output_tokens: 3 }, 'max_output_tokens', 'invalid_value'],
      [{ metadata: { a: 1 } }, 'metadata.a', 'invalid_type'],
      [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', 'unsupported_parameter'],
      [{ conversation: 'conv_1' }, 'conversation', 'unsupported_parameter'],
      [{ prompt: { id: 'pmpt_1' } }, 'prompt', 'unsupported_parameter'],
      [
        { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
        'input[0].content[0].file_id',
        'unsupported_parameter',
      ],
    ];
    const cases = [
      ...chat.map(([more, ...expected]) => ['/v1/chat/completions', { ...bodyOf({}), ...more }, ...expected] as const),
      ...responses.map(([more, ...expected]) => ['/v1/responses', { model: 'mock', input: 'x', ...more }, ...expected] as const),
    ];
    for (const [path, body, param, code] of cases) {
      const answer = await world.person.call.post(path, body);
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: { message: expect.any(String), type: 'invalid_request_error', param, code } },
      ]);
    }
    await expect(world.sdk.responses.create({ model: 'mock', input: 5 as unknown as string })).rejects.toThrow(BadRequestError);
  });

  test('who has no credits is told so in words that clients do not retry', async () => {
    const { key } = await world.user('0');
    const poor = createSdk({ url: world.url(), key });
    await expect(poor.chat.completions.create(bodyOf({}))).rejects.toMatchObject({
      status: 429,
      code: 'insufficient_quota',
      type: 'insufficient_quota',
    });
    await expect(createLangChain({ url: world.url(), key }, { maxRetries: 3 }).chat.invoke('Hello.')).rejects.toThrow();
  });

  test('C49: the models are listed, and one is got by a name with slashes', async () => {
    const ids = [];
    for await (const { id } of world.sdk.models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['mock', 'narrow', 'org/m']));
    expect(await world.sdk.models.retrieve('org/m')).toMatchObject({
      id: 'org/m',
      object: 'model',
      owned_by: 'mock',
      created: expect.any(Number),
    });
    await expect(world.sdk.models.retrieve('org/nobody')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

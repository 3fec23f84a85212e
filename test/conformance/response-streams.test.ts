import { generateText, jsonSchema, streamText, tool, type TextStreamPart, type ToolSet } from 'ai';
import { APIError, BadRequestError } from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAsAdmin } from '../support/database.ts';
import { createAiSdk, createLangChain } from './clients.ts';
import { readRaw } from './raw-stream.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

describe.each(['embedded', 'distributed'] as const)('streams of responses, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => void (world = await startSurfaceWorld(mode)));
  afterAll(() => world?.close());

  const credentials = () => ({ url: world.url(), key: world.person.key });
  const background = (directive: Parameters<typeof ask>[0]) =>
    world.sdk.responses.create({ model: 'mock', input: ask(directive), background: true, stream: true });
  const raw = (path: string) => readRaw({ ...credentials(), path });
  const ended = (id: string) =>
    expect
      .poll(async () => (await world.sdk.responses.retrieve(id)).status, { timeout: 20_000 })
      .toMatch(/completed|failed|incomplete|cancelled/);

  async function collect(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
    const events: ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    return events;
  }
  const textOf = (events: ResponseStreamEvent[]) =>
    events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
  const idOf = ([first]: ResponseStreamEvent[]) => (first?.type === 'response.created' ? first.response.id : '');

  test('C04: a background stream begins at 0 with response.created, has no gap, and ends with response.completed', async () => {
    const events = await collect(await background({ text: 'Rivers run to the sea.', tokens_per_s: 100 }));
    expect(events.map(({ sequence_number: n }) => n)).toEqual(events.map((_, i) => i));
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual(['response.created', 'response.queued', 'response.in_progress']);
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', output: [{ content: [{ text: 'Rivers run to the sea.' }] }] },
    });
    expect(textOf(events)).toBe('Rivers run to the sea.');
  });

  const look = {
    name: 'look',
    description: 'Looks',
    parameters: { type: 'object' as const, properties: { at: { type: 'string' as const } }, additionalProperties: false },
  };
  // Its own types are at odds with exactOptionalPropertyTypes.
  const toolSet = () => ({ look: tool({ description: 'Looks', inputSchema: jsonSchema(look.parameters) }) }) as unknown as ToolSet;
  const rich = {
    reasoning: 'Let me see.',
    text: 'I look.',
    tokens: 3,
    tool_calls: [{ id: 'call_77', name: 'look', arguments: '{"at":"the sea"}' }],
  };

  test('C06: the helper, the AI SDK and LangChain read the same text, reasoning and arguments', async () => {
    const helper = world.sdk.responses.stream({ model: 'mock', input: ask(rich), tools: [{ type: 'function', ...look, strict: false }] });
    const final = await helper.finalResponse();
    expect(final.output_text).toBe('I look.');
    expect(final.output).toMatchObject([
      { type: 'reasoning', summary: [{ text: 'Let me see.' }] },
      { type: 'message' },
      { type: 'function_call', call_id: 'call_77', arguments: '{"at":"the sea"}' },
    ]);

    const ai = createAiSdk(credentials());
    const tools = toolSet();
    const streamed = streamText({ model: ai.responses('mock'), prompt: ask(rich), tools });
    expect(await streamed.text).toBe('I look.');
    expect(await streamed.reasoningText).toBe('Let me see.');
    expect(await streamed.toolCalls).toMatchObject([{ toolCallId: 'call_77', toolName: 'look', input: { at: 'the sea' } }]);
    expect(await streamed.finishReason).toBe('tool-calls');
    expect(await streamed.usage).toMatchObject({ inputTokens: expect.any(Number), outputTokens: expect.any(Number) });
    const whole = await generateText({ model: ai.responses('mock'), prompt: ask(rich), tools });
    expect([whole.text, whole.reasoningText, whole.toolCalls[0]?.input]).toEqual(['I look.', 'Let me see.', { at: 'the sea' }]);

    const chain = createLangChain(credentials()).responses.bindTools([{ type: 'function', function: look }]);
    const invoked = await chain.invoke(ask(rich));
    expect(invoked.tool_calls).toMatchObject([{ id: 'call_77', name: 'look', args: { at: 'the sea' } }]);
    expect(invoked.text).toBe('I look.');
    let gathered;
    for await (const chunk of await chain.stream(ask(rich))) gathered = gathered ? gathered.concat(chunk) : chunk;
    expect(gathered?.tool_calls).toMatchObject([{ id: 'call_77', name: 'look', args: { at: 'the sea' } }]);
    expect(gathered?.text).toBe('I look.');
  });

  test('C07: a reader who lost the connection reads the rest once, and has what an uninterrupted one has', async () => {
    const stream = await background({ tokens: 40, tokens_per_s: 40 });
    const first: ResponseStreamEvent[] = [];
    for await (const event of stream) {
      first.push(event);
      if (event.sequence_number === 12) break;
    }
    const rest = await collect(await world.sdk.responses.retrieve(idOf(first), { stream: true, starting_after: 12 }));
    expect([...first, ...rest].map(({ sequence_number: n }) => n)).toEqual([...first, ...rest].map((_, i) => i));
    const whole = await collect(await world.sdk.responses.retrieve(idOf(first), { stream: true }));
    expect([...first, ...rest]).toEqual(whole);
  });

  test('C09, C11: from every cursor the same events follow, byte for byte, also without one', async () => {
    const live = await readRaw({
      ...credentials(),
      path: '/v1/responses',
      body: { model: 'mock', input: ask({ ...rich, tokens_per_s: 60 }), background: true, stream: true },
    });
    const id = (JSON.parse(live.data[0] ?? '') as { response: { id: string } }).response.id;
    expect(live.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(live.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(live.headers.get('x-accel-buffering')).toBe('no');
    expect(live.text).not.toMatch(/^(id|retry):/m);
    expect((await raw(`/v1/responses/${id}?stream=true`)).data).toEqual(live.data);
    for (let k = -1; k < live.data.length; k += 1) {
      expect((await raw(`/v1/responses/${id}?stream=true&starting_after=${k}`)).data).toEqual(live.data.slice(k + 1));
    }
    const far = await raw(`/v1/responses/${id}?stream=true&starting_after=100000`);
    expect([far.status, far.data]).toEqual([200, []]);
    // The helper replays from the start and filters by itself.
    const helper = world.sdk.responses.stream({ response_id: id, starting_after: 5 });
    const seen: number[] = [];
    for await (const event of helper) seen.push(event.sequence_number);
    expect(seen[0]).toBe(6);
    expect((await helper.finalResponse()).output_text).toBe('I look.');
  });

  test('C13: an hour later the stream can still be resumed', async () => {
    const id = idOf(await collect(await background({ text: 'An hour ago.' })));
    await runAsAdmin(
      world.databaseUrl,
      `update jobs set created_at = created_at - interval '1 hour', started_at = started_at - interval '1 hour', finished_at = finished_at - interval '1 hour'
       where id = '${id.replace('resp_', 'job_')}'`,
    );
    const events = await collect(await world.sdk.responses.retrieve(id, { stream: true, starting_after: 2 }));
    expect(textOf(events)).toBe('An hour ago.');
  });

  test('C14: a cursor that is no number is refused by its name', async () => {
    const id = idOf(await collect(await background({ text: 'Hi.' })));
    for (const after of ['abc', '1.5', '-2', '']) {
      const answer = await world.person.call.get(`/v1/responses/${id}?stream=true&starting_after=${after}`);
      expect([answer.status, answer.body.error]).toMatchObject([400, { type: 'invalid_request_error', param: 'starting_after' }]);
    }
  });

  test('C15: a foreground response cannot be streamed again', async () => {
    const { id } = await world.sdk.responses.create({ model: 'mock', input: ask({ text: 'Hi.' }) });
    await expect(world.sdk.responses.retrieve(id, { stream: true })).rejects.toThrow(BadRequestError);
    await expect(world.sdk.responses.retrieve(id, { stream: true })).rejects.toMatchObject({ param: 'stream' });
  });

  test('C16: a background response goes on when its reader leaves at the first event', async () => {
    const stream = await background({ tokens: 30, tokens_per_s: 60 });
    let id = '';
    for await (const event of stream) {
      id = event.type === 'response.created' ? event.response.id : '';
      break;
    }
    await ended(id);
    expect(await world.sdk.responses.retrieve(id)).toMatchObject({ status: 'completed' });
  });

  test('a background response made without a stream can be streamed', async () => {
    const { id } = await world.sdk.responses.create({ model: 'mock', input: ask({ tokens: 20, tokens_per_s: 40 }), background: true });
    const events = await collect(await world.sdk.responses.retrieve(id, { stream: true }));
    expect(events.at(-1)?.type).toBe('response.completed');
    expect(textOf(events)).toBe((await world.sdk.responses.retrieve(id)).output_text);
  });

  test('C18: a cancel in the middle ends an open stream as cancelled, and nothing comes after', async () => {
    const helper = world.sdk.responses.stream({ model: 'mock', input: ask({ tokens: 1000, tokens_per_s: 50 }), background: true });
    const events: ResponseStreamEvent[] = [];
    for await (const event of helper) {
      events.push(event);
      if (events.length === 8) expect(await world.sdk.responses.cancel(idOf(events))).toMatchObject({ status: 'cancelled' });
    }
    expect(events.at(-1)?.type).toBe('response.failed');
    const final = await helper.finalResponse();
    expect(final).toMatchObject({ status: 'cancelled', error: null, output: [{ status: 'incomplete' }] });
    expect(await world.sdk.responses.retrieve(final.id)).toMatchObject({ status: 'cancelled', output_text: final.output_text });
  });

  test('C30: a failure in the middle is told to every client', async () => {
    const directive = { tokens: 20, error_at: 5 };
    const stream = await background(directive);
    const seen: ResponseStreamEvent[] = [];
    const thrown = await (async () => {
      for await (const event of stream) seen.push(event);
    })().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(APIError);
    expect(thrown).toMatchObject({ code: 'server_error', type: 'server_error' });
    expect(await world.sdk.responses.retrieve(idOf(seen))).toMatchObject({
      status: 'failed',
      error: { type: 'server_error', code: 'server_error', message: expect.any(String) },
    });

    const ai = createAiSdk(credentials());
    const parts: TextStreamPart<ToolSet>[] = [];
    const told = streamText({ model: ai.responses('mock'), prompt: ask(directive), maxRetries: 0, onError: () => undefined });
    for await (const part of told.fullStream) parts.push(part);
    expect(parts.some(({ type }) => type === 'error')).toBe(true);

    const { responses } = createLangChain(credentials());
    const read = async () => {
      for await (const chunk of await responses.stream(ask(directive))) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toThrow();
  });

  test('C31: the AI SDK reads an incomplete answer as one that ran out of tokens', async () => {
    const ai = createAiSdk(credentials());
    const { finishReason } = await generateText({ model: ai.responses('mock'), prompt: ask({ tokens: 100 }), maxOutputTokens: 16 });
    expect(finishReason).toBe('length');
    const streamed = streamText({ model: ai.responses('mock'), prompt: ask({ tokens: 100 }), maxOutputTokens: 16 });
    await streamed.consumeStream();
    expect(await streamed.finishReason).toBe('length');
  });

  test('the AI SDK goes on over several steps, referring to what was said before', async () => {
    const ai = createAiSdk(credentials());
    const tools = toolSet();
    const first = await generateText({ model: ai.responses('mock'), prompt: ask(rich), tools });
    const second = await generateText({
      model: ai.responses('mock'),
      tools,
      messages: [
        { role: 'user', content: ask(rich) },
        ...first.response.messages,
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'call_77', toolName: 'look', output: { type: 'text', value: 'Waves.' } }],
        },
        { role: 'user', content: ask({ text: 'Waves it is.' }) },
      ],
    });
    expect(second.text).toBe('Waves it is.');
  });
});

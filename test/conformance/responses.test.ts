import { BadRequestError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSdk } from './clients.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

describe.each(['embedded', 'distributed'] as const)('responses, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => void (world = await startSurfaceWorld(mode)));
  afterAll(() => world?.close());

  const create = (directive: Parameters<typeof ask>[0], more: object = {}) =>
    world.sdk.responses.create({ model: 'mock', input: ask(directive), ...more, stream: false });
  const ended = (id: string) =>
    expect
      .poll(async () => (await world.sdk.responses.retrieve(id)).status, { timeout: 20_000 })
      .toMatch(/completed|failed|incomplete|cancelled/);

  test('C01: a response is answered whole', async () => {
    const response = await create({ text: 'Rivers run to the sea.' });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      background: false,
      output_text: 'Rivers run to the sea.',
      error: null,
    });
    expect(response.id).toMatch(/^resp_/);
    expect(response._request_id).toMatch(/^req_/);
    expect(response.usage).toMatchObject({
      input_tokens: expect.any(Number),
      output_tokens: expect.any(Number),
      total_tokens: expect.any(Number),
    });
    const { response: http } = await world.sdk.responses.create({ model: 'mock', input: ask({ text: 'Hi.' }) }).withResponse();
    expect(http.headers.get('openai-version')).toBe('2020-10-01');
    expect(http.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    expect(http.headers.get('x-job-id')).toMatch(/^job_/);
  });

  test('C02, C03: a background response is answered at once, and its states go one way', async () => {
    const resume = await world.pause();
    // The quickest of some, so that a busy machine does not fail the test.
    const tookMs = [];
    for (let i = 0; i < 5; i += 1) {
      const askedAt = performance.now();
      const { id } = await create({ text: 'Quick.' }, { model: 'narrow', background: true });
      tookMs.push(performance.now() - askedAt);
      await world.sdk.responses.cancel(id);
    }
    expect(Math.min(...tookMs)).toBeLessThan(500);
    const response = await create({ text: 'Done.', tokens_per_s: 5 }, { model: 'narrow', background: true });
    expect(response).toMatchObject({ status: 'queued', background: true, output: [], usage: null, completed_at: null });
    const states = ['queued'];
    await resume();
    for (let status = 'queued'; status === 'queued' || status === 'in_progress';) {
      const seen = await world.sdk.responses.retrieve(response.id);
      status = seen.status ?? '';
      if (states.at(-1) !== status) states.push(status);
      expect(seen.completed_at === null).toBe(status !== 'completed');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(states).toEqual(['queued', 'in_progress', 'completed']);
  });

  test('C23: what is deleted is not found, natively without its content', async () => {
    const { id } = await create({ text: 'Secret.' });
    expect(await world.sdk.responses.delete(id)).toMatchObject({ id, object: 'response', deleted: true });
    await expect(world.sdk.responses.retrieve(id)).rejects.toThrow(NotFoundError);
    await expect(world.sdk.responses.inputItems.list(id)).rejects.toThrow(NotFoundError);
    await expect(world.sdk.responses.delete(id)).rejects.toThrow(NotFoundError);
    const { text } = await world.person.call.get(`/v1/jobs/${id.replace('resp_', 'job_')}`);
    expect(text).not.toContain('Secret');
    expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
  });

  test('C24: a response in flight cannot be deleted', async () => {
    const { id } = await create({ tokens: 200, tokens_per_s: 50 }, { background: true });
    await expect(world.sdk.responses.delete(id)).rejects.toThrow(BadRequestError);
    await world.sdk.responses.cancel(id);
  });

  test('C25: input items are paged in both orders, each once', async () => {
    const said = ['one', 'two', 'three', 'four'];
    const input = [
      ...said.map((text, i) => ({ role: i % 2 === 0 ? ('user' as const) : ('assistant' as const), content: text })),
      { role: 'user' as const, content: ask({ text: 'Ok.' }) },
    ];
    const response = await world.sdk.responses.create({ model: 'mock', input });
    const read = async (order: 'asc' | 'desc') => {
      let requests = 0;
      const client = createSdk(
        { url: world.url(), key: world.person.key },
        { fetch: (url, init) => ((requests += 1), fetch(url as string, init as RequestInit)) },
      );
      const items = [];
      for await (const item of client.responses.inputItems.list(response.id, {
        limit: 2,
        order,
        include: ['message.input_image.image_url'],
      }))
        items.push(item);
      return { items, requests };
    };
    const up = await read('asc');
    expect(up.requests).toBe(3);
    expect(
      up.items.map((item) => (item.type === 'message' ? item.content : []).map((part) => ('text' in part ? part.text : '')).join('')),
    ).toEqual([...said, ask({ text: 'Ok.' })]);
    expect(new Set(up.items.map(({ id }) => id)).size).toBe(5);
    const down = await read('desc');
    expect(down.requests).toBe(3);
    expect(down.items).toEqual(up.items.toReversed());
    await expect(world.sdk.responses.inputItems.list(response.id, { limit: 101 })).rejects.toThrow(BadRequestError);
    await expect(world.sdk.responses.inputItems.list(response.id, { after: 'msg_unknown' })).rejects.toThrow(BadRequestError);
  });

  test('C31: a response that ran out of tokens is incomplete, and says why', async () => {
    const response = await create({ tokens: 100 }, { max_output_tokens: 16 });
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, completed_at: null });
    expect(response.output).toMatchObject([{ type: 'message', status: 'incomplete' }]);
  });

  test('a failed response says what a client needs to know, in 200', async () => {
    const response = await create({ status: 400, message: 'No such thing.' });
    expect(response).toMatchObject({
      status: 'failed',
      output: [],
      error: { type: 'invalid_request_error', code: 'invalid_prompt', message: expect.stringContaining('No such thing.') },
    });
    const tooLong = await create({
      status: 400,
      code: 'context_length_exceeded',
      message: "This model's maximum context length is 8192 tokens.",
    });
    expect(tooLong.error).toMatchObject({ code: 'context_length_exceeded' });
  });

  test('what was asked is told to the provider, and echoed', async () => {
    const response = await create(
      { tool_calls: [{ id: 'call_1', name: 'look', arguments: '{"at":"sea"}' }] },
      {
        instructions: 'Be brief.',
        tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } }, strict: true }],
        tool_choice: 'auto',
        text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
        reasoning: { effort: 'low', summary: 'auto' },
        metadata: { order: '42' },
        temperature: 0.5,
        user: 'somebody',
        store: false,
        an_unknown_field: { of: 'next month' },
      },
    );
    expect(response).toMatchObject({
      status: 'completed',
      instructions: 'Be brief.',
      metadata: { order: '42' },
      temperature: 0.5,
      top_p: 1,
      tool_choice: 'auto',
      user: 'somebody',
      store: false,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'answer' }, verbosity: 'low' },
      tools: [{ type: 'function', name: 'look', strict: true }],
      output: [{ type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"sea"}', status: 'completed' }],
    });
    expect(await world.sdk.responses.retrieve(response.id)).toEqual(response);
  });

  test('a response builds on the one before it: messages, calls and their answers', async () => {
    const tools = [{ type: 'function' as const, name: 'look', parameters: {}, strict: null }];
    const first = await world.sdk.responses.create({
      model: 'mock',
      tools,
      input: ask({ tool_calls: [{ id: 'call_9', name: 'look', arguments: '{}' }] }, 'Look.'),
    });
    const second = await world.sdk.responses.create({
      model: 'mock',
      tools,
      previous_response_id: first.id,
      input: [
        { type: 'function_call_output', call_id: 'call_9', output: 'Waves.' },
        { role: 'user', content: ask({ text: 'Waves, then.' }) },
      ],
    });
    expect(second).toMatchObject({ output_text: 'Waves, then.', previous_response_id: first.id });
    const { data: items } = await world.sdk.responses.inputItems.list(second.id, { order: 'asc' });
    expect(items.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output', 'message']);
    expect(items[1]?.id).toBe(first.output[0]?.id);

    const third = await world.sdk.responses.create({
      model: 'mock',
      input: [
        { type: 'item_reference', id: second.output[0]?.id ?? '' },
        { role: 'user', content: ask({ text: 'Yes.' }) },
      ],
    });
    expect(third.output_text).toBe('Yes.');
    const { data: referred } = await world.sdk.responses.inputItems.list(third.id, { order: 'asc' });
    expect(referred[0]).toMatchObject({ id: second.output[0]?.id, content: [{ text: 'Waves, then.' }] });

    for (const previous of ['resp_unknown', `resp_${'0'.repeat(26)}`]) {
      await expect(world.sdk.responses.create({ model: 'mock', input: 'x', previous_response_id: previous })).rejects.toMatchObject({
        status: 400,
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      });
    }
  });

  test('a caller who hangs up cancels a foreground response, and no background one', async () => {
    const controller = new AbortController();
    const tag = `hang-up-${mode}`;
    const held = world.sdk.responses.create(
      { model: 'mock', input: ask({ tokens: 500, tokens_per_s: 20, tag }), metadata: { tag } },
      { signal: controller.signal },
    );
    await expect.poll(() => world.simulator.ledger.calls(tag).length, { timeout: 20_000 }).toBe(1);
    controller.abort();
    await expect(held).rejects.toThrow();
    await expect.poll(() => world.simulator.ledger.calls(tag)[0]?.clientClosedAt, { timeout: 5000 }).toBeTypeOf('number');
    const { body } = await world.person.call.get('/v1/jobs?limit=1');
    await expect.poll(async () => (await world.person.call.get(`/v1/jobs/${body.data[0]?.id}`)).body['status']).toBe('cancelled');
  });

  test('C19: cancelling twice answers the same', async () => {
    const { id } = await create({ tokens: 200, tokens_per_s: 50 }, { background: true });
    const [first, second] = [await world.sdk.responses.cancel(id), await world.sdk.responses.cancel(id)];
    expect(first).toMatchObject({ status: 'cancelled', completed_at: null, error: null });
    expect(second).toEqual(first);
  });

  test('C17: what is cancelled in the queue never runs', async () => {
    const resume = await world.pause();
    const tag = `c17-${mode}`;
    const { id } = await create({ tag }, { model: 'narrow', background: true });
    expect(await world.sdk.responses.cancel(id)).toMatchObject({ status: 'cancelled', output: [] });
    await resume();
    const next = await create({ text: 'Next.' }, { model: 'narrow' });
    expect(next.output_text).toBe('Next.');
    expect(world.simulator.ledger.calls(tag)).toEqual([]);
  });

  test('C21: a foreground response, one that has ended and an unknown one cannot be cancelled', async () => {
    const { id: foreground } = await create({ text: 'Done.' });
    await expect(world.sdk.responses.cancel(foreground)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('synchronous') as string,
    });
    const { id: background } = await create({ text: 'Done.' }, { background: true });
    await ended(background);
    await expect(world.sdk.responses.cancel(background)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('Cannot cancel a completed response.') as string,
    });
    await expect(world.sdk.responses.cancel('resp_unknown')).rejects.toThrow(NotFoundError);
  });

  test('C68: what belongs to another user is not found, on every route', async () => {
    const { id, output } = await create({ text: 'Mine.' }, { background: true });
    await ended(id);
    const stranger = createSdk({ url: world.url(), key: (await world.user()).key }, { maxRetries: 0 });
    await expect(stranger.responses.retrieve(id)).rejects.toThrow(NotFoundError);
    await expect(stranger.responses.retrieve(id, { stream: true })).rejects.toThrow(NotFoundError);
    await expect(stranger.responses.cancel(id)).rejects.toThrow(NotFoundError);
    await expect(stranger.responses.delete(id)).rejects.toThrow(NotFoundError);
    await expect(stranger.responses.inputItems.list(id)).rejects.toThrow(NotFoundError);
    await expect(stranger.responses.create({ model: 'mock', input: 'x', previous_response_id: id })).rejects.toMatchObject({
      code: 'previous_response_not_found',
    });
    const item = (await world.sdk.responses.retrieve(id)).output[0]?.id ?? '';
    expect(output).toEqual([]);
    await expect(stranger.responses.create({ model: 'mock', input: [{ type: 'item_reference', id: item }] })).rejects.toThrow(
      BadRequestError,
    );
  });
});

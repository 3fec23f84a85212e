import { Redis } from 'ioredis';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterEach, expect, test } from 'vitest';
import { testRedisUrl } from '../support/redis.ts';
import { readRaw } from './raw-stream.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

let world: SurfaceWorld;
afterEach(() => world?.close());

/** The events that whoever asks now is given, to the end. */
async function eventTypes(id: string): Promise<string[]> {
  const { data } = await readRaw({ url: world.url(), key: world.person.key, path: `/v1/responses/${id}?stream=true` });
  return data.map((line) => (JSON.parse(line) as { type: string }).type.replace('response.', ''));
}

const oneCleanSequence = [
  'created',
  'queued',
  'in_progress',
  'output_item.added',
  'content_part.added',
  'output_text.delta',
  'output_text.done',
  'content_part.done',
  'output_item.done',
  'completed',
];
const withoutRepeats = (types: string[]) => types.filter((type, i) => type !== types[i - 1]);

async function startSlow(tag: string): Promise<string> {
  const { id } = await world.sdk.responses.create({
    model: 'mock',
    input: ask({ text: 'After all.', first_token_ms: 3000, tag }),
    background: true,
  });
  await expect.poll(() => world.simulator.ledger.calls(tag).length, { timeout: 20_000 }).toBe(1);
  return id;
}

async function expectOneAnswer(id: string, types: string[]): Promise<void> {
  expect(withoutRepeats(types)).toEqual(oneCleanSequence);
  expect(await world.sdk.responses.retrieve(id)).toMatchObject({ status: 'completed', output_text: 'After all.' });
  expect((await world.person.call.get(`/v1/jobs/${id.replace('resp_', 'job_')}`)).body).toMatchObject({ attempt: 2 });
}

/** Reads a stream until so many events, or to its end. A broken connection ends it too. */
async function readSome(stream: AsyncIterable<ResponseStreamEvent>, most = Infinity): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  try {
    for await (const event of stream) {
      events.push(event);
      if (events.length >= most) break;
    }
  } catch {
    // The server was killed.
  }
  return events;
}

const textOf = (events: ResponseStreamEvent[]) =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
const idOf = ([first]: ResponseStreamEvent[]) => (first?.type === 'response.created' ? first.response.id : '');
const slowly = { tokens: 120, tokens_per_s: 30 };

test(
  'C27: when a worker dies before any output, another answers, and the stream shows one clean sequence (distributed)',
  { timeout: 90_000 },
  async () => {
    world = await startSurfaceWorld('distributed');
    const id = await startSlow('c27-distributed');
    const reading = eventTypes(id);
    await world.roles.get('worker')?.end('SIGKILL');
    await world.start('worker-2', 'worker');
    await expectOneAnswer(id, await reading);
  },
);

test('C27: when the one process dies before any output, it answers after its restart (embedded)', { timeout: 90_000 }, async () => {
  world = await startSurfaceWorld('embedded');
  const id = await startSlow('c27-embedded');
  await world.roles.get('standalone')?.end('SIGKILL');
  await world.start('standalone', 'standalone');
  await expectOneAnswer(id, await eventTypes(id));
});

test('a stream whose API server is killed is resumed at the next one, without a gap or a double', { timeout: 90_000 }, async () => {
  world = await startSurfaceWorld('distributed');
  const stream = await world.sdk.responses.create({ model: 'mock', input: ask(slowly), background: true, stream: true });
  const reading = readSome(stream);
  await expect.poll(() => world.simulator.ledger.calls()[0]?.tokens ?? 0, { timeout: 20_000 }).toBeGreaterThan(20);
  await world.roles.get('api')?.end('SIGKILL');
  const first = await reading;
  await world.start('api', 'api');
  const cursor = first.at(-1)?.sequence_number ?? -1;
  const rest = await readSome(await world.sdk.responses.retrieve(idOf(first), { stream: true, starting_after: cursor }));
  const whole = await readSome(await world.sdk.responses.retrieve(idOf(first), { stream: true }));
  expect(first.at(-1)?.type).toBe('response.output_text.delta');
  expect([...first, ...rest]).toEqual(whole);
  expect(whole.at(-1)?.type).toBe('response.completed');
});

test(
  'when a worker dies in the middle, a stream fails, and what nobody streamed is answered by another',
  { timeout: 120_000 },
  async () => {
    world = await startSurfaceWorld('distributed');
    const create = { model: 'mock', input: ask(slowly), background: true };
    const streamed = readSome(await world.sdk.responses.create({ ...create, stream: true }));
    const { id } = await world.sdk.responses.create(create);
    const followed = world.sdk.responses.retrieve(id, { stream: true }).then((stream) => readSome(stream));
    const toldTokens = () => world.simulator.ledger.calls().map(({ tokens }) => tokens);
    await expect.poll(() => toldTokens().filter((tokens) => tokens > 10).length, { timeout: 20_000 }).toBe(2);
    await world.roles.get('worker')?.end('SIGKILL');
    await world.start('worker-2', 'worker');

    // The SDK throws at the `error` event, and shows no more.
    const failed = await world.sdk.responses.retrieve(idOf(await streamed));
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'server_error' } });

    const events = await followed;
    const done = events.flatMap((event) =>
      event.type === 'response.output_item.done' && event.item.type === 'message' ? [event.item.status] : [],
    );
    const answer = await world.sdk.responses.retrieve(id);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: answer.output } });
    // The simulator says the same again, so nothing had to be taken back.
    expect(done).toEqual(['completed']);
    expect(textOf(events)).toBe(answer.output_text);
    expect(await readSome(await world.sdk.responses.retrieve(id, { stream: true }))).toEqual(events);
  },
);

test(
  'when Redis is emptied in the middle, a reader is told everything once, and an old cursor is refused',
  { timeout: 90_000 },
  async () => {
    world = await startSurfaceWorld('distributed');
    const reading = readSome(await world.sdk.responses.create({ model: 'mock', input: ask(slowly), background: true, stream: true }));
    await expect.poll(() => world.simulator.ledger.calls()[0]?.tokens ?? 0, { timeout: 20_000 }).toBeGreaterThan(20);
    const redis = new Redis(testRedisUrl());
    await redis.del(...(await redis.keys(`${world.redisPrefix}*`)));
    redis.disconnect();
    const events = await reading;
    const response = await world.sdk.responses.retrieve(idOf(events));
    expect(response.status).toBe('completed');
    expect(textOf(events)).toBe(response.output_text);
    expect(events.map(({ sequence_number: n }) => n)).toEqual(events.map((_, i) => i));
    const old = world.sdk.responses.retrieve(response.id, { stream: true, starting_after: 5 });
    await expect(old).rejects.toMatchObject({ status: 400, param: 'starting_after' });
    expect(textOf(await readSome(await world.sdk.responses.retrieve(response.id, { stream: true })))).toBe(response.output_text);
  },
);

test('a server that stops breaks a foreground stream off, which cancels it', { timeout: 90_000 }, async () => {
  world = await startSurfaceWorld('distributed');
  const stream = await world.sdk.responses.create({ model: 'mock', input: ask({ tokens: 900, tokens_per_s: 30 }), stream: true });
  let isBroken = false;
  const reading = (async () => {
    for await (const event of stream) expect(event.type).not.toBe('response.completed');
  })().catch(() => (isBroken = true));
  await expect.poll(() => world.simulator.ledger.calls()[0]?.tokens ?? 0, { timeout: 20_000 }).toBeGreaterThan(5);
  expect(await world.roles.get('api')?.end('SIGTERM')).toBe(0);
  await reading;
  expect(isBroken).toBe(true);
  await expect.poll(() => world.simulator.ledger.calls()[0]?.clientClosedAt, { timeout: 10_000 }).toBeTypeOf('number');
});

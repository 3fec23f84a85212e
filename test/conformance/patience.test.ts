import { streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAiSdk, createLangChain, createSdk } from './clients.ts';
import { readRaw } from './raw-stream.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

const queueMs = 60_000;

/** Cases that wait for a minute, all in the same one. */
describe.concurrent.each(['embedded', 'distributed'] as const)('patience, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => void (world = await startSurfaceWorld(mode)));
  afterAll(() => world?.close());

  const credentials = () => ({ url: world.url(), key: world.person.key });

  test.concurrent('C40: every client lives through a minute in the queue, kept alive by comments', { timeout: 120_000 }, async () => {
    const resume = await world.pause();
    const input = ask({ text: 'At last.' });
    const helper = world.sdk.responses.stream({ model: 'narrow', input });
    const chatHelper = world.sdk.chat.completions.stream({ model: 'narrow', messages: [{ role: 'user', content: input }] });
    const ai = streamText({ model: createAiSdk(credentials()).responses('narrow'), prompt: input, maxRetries: 0 });
    const { responses } = createLangChain(credentials(), { model: 'narrow' });
    const chained = async () => {
      let text = '';
      for await (const chunk of await responses.stream(input)) text += chunk.text;
      return text;
    };
    const raw = readRaw({ ...credentials(), path: '/v1/responses', body: { model: 'narrow', input, stream: true } });
    const texts = Promise.all([
      helper.finalResponse().then(({ output_text: text }) => text),
      chatHelper.finalContent(),
      ai.text,
      chained(),
      raw.then(
        ({ data }) =>
          (JSON.parse(data.at(-1) ?? '') as { response: { output: { content: { text: string }[] }[] } }).response.output[0]?.content[0]
            ?.text,
      ),
    ]);
    await new Promise((resolve) => setTimeout(resolve, queueMs));
    await resume();
    expect(await texts).toEqual(Array.from({ length: 5 }, () => 'At last.'));
    expect((await raw).comments).toBeGreaterThanOrEqual(5);
  });

  test.concurrent('C35: a caller who asks too often is told when to come back, and the SDK does', { timeout: 120_000 }, async () => {
    const { body: key } = await world.admin.post('/v1/api-keys', {
      name: 'slow',
      scopes: ['jobs:read', 'jobs:write'],
      requests_per_minute: 1,
    });
    const tag = `c35-${mode}`;
    const told: { at: number; status: number; retryAfterMs: number; retryAfterS: number; left: (string | null)[] }[] = [];
    const listening: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      const { status, headers } = response;
      told.push({
        at: Date.now(),
        status,
        retryAfterMs: Number(headers.get('retry-after-ms')),
        retryAfterS: Number(headers.get('retry-after')),
        left: ['limit', 'remaining', 'reset'].map((what) => headers.get(`x-ratelimit-${what}-requests`)),
      });
      return response;
    };
    const client = createSdk({ url: world.url(), key: key.secret }, { fetch: listening });
    const { user } = (await world.admin.get('/v1/me')).body as unknown as { user: { id: string } };
    await world.admin.post('/v1/admin/orders', { user_id: user.id, amount: '100', note: 'test' });
    await client.models.list();
    // Under the longest that is ever told, so that one wait is enough.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const response = await client.responses.create({ model: 'mock', input: ask({ text: 'In time.', tag }) });
    expect(response.output_text).toBe('In time.');
    const [, refused, allowed] = told;
    expect(told.map(({ status }) => status)).toEqual([200, 429, 200]);
    for (const { left } of told) expect(left).toEqual(['1', '0', expect.stringMatching(/^([1-9]|[1-5]\d|60)s$/)]);
    expect(refused?.retryAfterS).toBe(Math.ceil((refused?.retryAfterMs ?? 0) / 1000));
    expect(refused?.retryAfterS).toBeLessThanOrEqual(59);
    expect((allowed?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(refused?.retryAfterMs ?? Infinity);
    expect(world.simulator.ledger.calls(tag)).toHaveLength(1);
  });
});

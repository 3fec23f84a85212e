import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchEnd, chatLine, resultsOf, startBatch } from '../conformance/batch-run.ts';
import { createSdk } from '../conformance/clients.ts';
import { readToEnd, textOf } from '../support/read-events.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

/** Says it in words that a tag of the simulator's ledger finds again. */
const question = (tag: string, more: object = {}, cache: unknown = true) => ({
  model: 'mock',
  input: `[[sim ${JSON.stringify({ text: `About ${tag}.`, tag, tokens_per_s: 1000, ...more })}]] Tell me.`,
  params: { max_tokens: 500 },
  cache,
});

describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;

  beforeAll(async () => {
    world = await startWorld(mode, { RESULT_CACHE_PRICE_FACTOR: '0.5', EGRESS_ALLOW: '127.0.0.1' });
    user = await world.user();
    const embedding = { alias: 'vectors', capabilities: ['embedding'], routes: [{ provider: 'mock', model: 'sluice-sim' }] };
    await world.admin.post('/v1/admin/models', { ...embedding, price: { mode: 'simple', input_price: '1', output_price: '0' } });
  });
  afterAll(() => world?.close());

  const jobOf = async (id: string, of = user) => (await of.call.get(`/v1/jobs/${id}`)).body;
  const submit = async (body: object, of = user) => (await of.call.post('/v1/jobs', body)).body;
  const answer = async (body: object, of = user) => (await of.call.post('/v1/jobs?wait=30', body)).body;
  const callsOf = (tag: string) => world.simulator.ledger.calls(tag).length;
  const begun = (tag: string) => expect.poll(() => callsOf(tag), { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
  const settled = (id: string) =>
    expect.poll(() => jobOf(id), { timeout: 20_000, interval: 50 }).toMatchObject({ billing: { state: 'settled' } });
  const auditIsClean = async () => expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });

  test('50 that race for one answer make one call, and each is completed with the same text and settled once', async () => {
    const { id: askerId, call } = await world.user();
    const asker = { id: askerId, call, key: '' };
    const jobs = await Promise.all(Array.from({ length: 50 }, () => submit(question('race', { first_token_ms: 300 }), asker)));
    const ended = await Promise.all(jobs.map(async ({ id }) => (await call.get(`/v1/jobs/${id}?wait=30`)).body));
    expect(ended.map(({ status, output }) => [status, output])).toEqual(
      ended.map(() => ['completed', expect.objectContaining({ text: 'About race.' })]),
    );
    expect(callsOf('race')).toBe(1);
    expect(ended.filter(({ cached }) => cached)).toHaveLength(49);
    for (const { id } of jobs)
      await expect.poll(() => jobOf(id, asker), { timeout: 20_000 }).toMatchObject({ billing: { state: 'settled' } });
    const paid = await Promise.all(
      jobs.map(async ({ id }) => (await jobOf(id, asker))['billing'] as { cost: string; price_factor: string }),
    );
    expect(paid.filter(({ price_factor: factor }) => factor === '0.5000')).toHaveLength(49);
    const { body: me } = await call.get('/v1/me');
    expect(me).toMatchObject({ wallet: { held: '0.0000', debt: '0.0000' } });
    await auditIsClean();
  }, 60_000);

  test('a hit is answered at once, told to webhooks, streamed from its row, and charged at its factor', async () => {
    const receiver = await startWebhookReceiver();
    try {
      const first = await answer(question('hit'));
      const { status, body: hit } = await user.call.post('/v1/jobs', { ...question('hit'), webhook_url: receiver.url('/hit') });
      expect([status, hit]).toMatchObject([
        200,
        {
          status: 'completed',
          cached: true,
          cached_from: first.id,
          output: first['output'],
          usage: first['usage'],
          provider: null,
          attempt: 1,
        },
      ]);
      await receiver.wait('/hit', 1);
      const entries = await readToEnd({ url: world.url(), key: user.key, jobId: hit.id });
      expect(entries.map(({ event }) => event.type)).toEqual(['attempt-start', 'text-delta', 'usage', 'job-end']);
      expect(textOf(entries)).toBe('About hit.');
      await settled(hit.id);
      const [whole, half] = await Promise.all(
        [first.id, hit.id].map(async (id) => (await jobOf(id))['billing'] as { cost: string; hold: string }),
      );
      expect(Number(half?.cost)).toBeCloseTo(Number(whole?.cost) / 2, 3);
      expect(half?.hold).toBe(half?.cost);
      expect(callsOf('hit')).toBe(1);
    } finally {
      await receiver.close();
    }
    await auditIsClean();
  }, 60_000);

  test('another user, other params, other words, and a job that wants a new answer are no hits', async () => {
    const stranger = await world.user();
    await answer(question('own'));
    await answer(question('own'), stranger);
    await answer({ ...question('own'), params: { max_tokens: 499 } });
    await answer({ ...question('own'), instructions: 'Be brief.' });
    await answer(question('own', {}, false));
    expect(callsOf('own')).toBe(5);
    expect(await answer(question('own', {}, { ttl_s: 60 }))).toMatchObject({ cached: true });
    expect(callsOf('own')).toBe(5);
    const { status, body } = await user.call.post('/v1/jobs', question('own', {}, { ttl_s: 0 }));
    expect([status, body.errors.map(({ path }) => path)]).toEqual([400, ['cache.ttl_s']]);
  }, 60_000);

  test("OpenAI's SDK asks by a header, and is told by one; its streams work on hits and for those that wait", async () => {
    const sdk = createSdk({ url: world.url(), key: user.key });
    const headers = { 'x-sluice-cache': 'ttl=600' };
    const messages = [{ role: 'user' as const, content: question('sdk', { tokens_per_s: 20 }).input }];
    const body = { model: 'mock', messages, max_tokens: 100 };
    const leading = sdk.chat.completions.create(body, { headers }).withResponse();
    await begun('sdk');
    const waiting = await sdk.chat.completions.create({ ...body, stream: true }, { headers }).withResponse();
    expect(waiting.response.headers.get('x-sluice-cache')).toMatch(/^wait; job=job_/);
    let text = '';
    for await (const chunk of waiting.data) text += chunk.choices[0]?.delta.content ?? '';
    const { data, response } = await leading;
    expect([text, response.headers.get('x-sluice-cache')]).toEqual([data.choices[0]?.message.content, 'miss']);

    const hit = await sdk.chat.completions.create(body, { headers }).withResponse();
    expect(hit.response.headers.get('x-sluice-cache')).toMatch(/^hit; job=job_/);
    expect([hit.data.choices[0]?.message, hit.data.usage]).toEqual([data.choices[0]?.message, data.usage]);

    const input = messages[0]?.content as string;
    const stream = await sdk.responses.create(
      { model: 'mock', input, max_output_tokens: 100, background: true, stream: true },
      { headers: { 'x-sluice-cache': 'on' } },
    );
    const told = [];
    for await (const event of stream) told.push(event);
    const [created] = told;
    expect(told.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
    const again = [];
    const id = created?.type === 'response.created' ? created.response.id : '';
    for await (const event of await sdk.responses.retrieve(id, { stream: true })) again.push(event);
    expect(again).toEqual(told);
    expect(callsOf('sdk')).toBe(1);
    const vectors = () => sdk.embeddings.create({ model: 'vectors', input: 'Red kettle' }, { headers }).withResponse();
    const [asked, taken] = [await vectors(), await vectors()];
    expect(taken.response.headers.get('x-sluice-cache')).toMatch(/^hit/);
    expect(taken.data).toEqual(asked.data);
    await expect(sdk.chat.completions.create(body, { headers: { 'x-sluice-cache': 'ttl=never' } })).rejects.toMatchObject({ status: 400 });
  }, 60_000);

  test('what jobs find is counted', async () => {
    const { text } = await user.call.get('/metrics');
    const counted = [...text.matchAll(/^sluice_cache_lookups_total\{result="(\w+)"\} [1-9]/gm)].map(([, result]) => result);
    expect(counted.toSorted()).toEqual(['hit', 'miss', 'twin']);
  });

  test('when the first is cancelled, another goes on, once', async () => {
    const slow = question('cancel', { tokens: 60, tokens_per_s: 40, text: undefined });
    const first = await submit(slow);
    await begun('cancel');
    const twins = await Promise.all(Array.from({ length: 5 }, () => submit(slow)));
    expect(twins.map((twin) => twin['cached_from'])).toEqual(twins.map(() => first.id));
    await user.call.post(`/v1/jobs/${twins[0]?.id}/cancel`);
    await user.call.post(`/v1/jobs/${first.id}/cancel`);
    const ended = await Promise.all(twins.map(async ({ id }) => (await user.call.get(`/v1/jobs/${id}?wait=30`)).body));
    expect(ended.map(({ status }) => status)).toEqual(['cancelled', 'completed', 'completed', 'completed', 'completed']);
    expect(new Set(ended.slice(1).map(({ output }) => (output as { text: string }).text)).size).toBe(1);
    expect(callsOf('cancel')).toBe(2);
    await auditIsClean();
  }, 60_000);

  // Embedded, the same sweep does it at the next start.
  test.runIf(mode === 'distributed')(
    'a killed worker takes nobody with it: those that wait get a result',
    async () => {
      const slow = question('killed', { tokens: 80, tokens_per_s: 40, text: undefined });
      const first = await submit(slow);
      await begun('killed');
      const twins = await Promise.all(Array.from({ length: 3 }, () => submit(slow)));
      const reading = Promise.all(twins.map(({ id }) => readToEnd({ url: world.url(), key: user.key, jobId: id })));
      await world.roles.get('worker')?.end('SIGKILL');
      await world.start('worker', 'worker');
      const texts = (await reading).map(textOf);
      expect(await jobOf(first.id)).toMatchObject({ status: 'completed', attempt: 2, output: { text: texts[0] } });
      expect(new Set(texts).size).toBe(1);
      for (const { id } of twins) expect(await jobOf(id)).toMatchObject({ status: 'completed', cached_from: first.id });
      expect(callsOf('killed')).toBe(2);
      await auditIsClean();
    },
    90_000,
  );

  test('where the model says so, nobody has to ask: rows of a batch share calls, and a job may refuse', async () => {
    expect((await world.admin.patch('/v1/admin/models/mock', { cache_ttl_s: 600 })).body).toMatchObject({ cache_ttl_s: 600 });
    const sdk = createSdk({ url: world.url(), key: user.key });
    const lines = Array.from({ length: 60 }, (_, i) => chatLine(`row-${i}`, question(`batch-${i % 3}`).input));
    const batch = await batchEnd(sdk, (await startBatch(sdk, lines)).id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 60, completed: 60, failed: 0 } });
    expect((await resultsOf(sdk, batch)).output).toHaveLength(60);
    expect([0, 1, 2].map((i) => callsOf(`batch-${i}`))).toEqual([1, 1, 1]);
    const { cache: _cache, ...plain } = question('batch-0');
    expect(await answer({ ...plain, params: { max_tokens: 200 } })).toMatchObject({ cached: true });
    expect(await answer({ ...plain, params: { max_tokens: 200 }, cache: false })).toMatchObject({ cached: false });
    await world.admin.patch('/v1/admin/models/mock', { cache_ttl_s: null });
    await expect.poll(async () => (await user.call.get('/v1/me')).body, { timeout: 30_000 }).toMatchObject({ wallet: { held: '0.0000' } });
    await auditIsClean();
  }, 90_000);
});

import { APIConnectionTimeoutError } from 'openai';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSdk } from './clients.ts';
import { readRaw } from './raw-stream.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

describe.each(['embedded', 'distributed'] as const)('retries, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => void (world = await startSurfaceWorld(mode, { RETRY_ATTACH: 'on', FOREGROUND_WAIT_S: '1' })));
  afterAll(() => world?.close());

  /** Makes every create of the user wait, as on a database that is overloaded, so that clients time out and try again. */
  async function stall(): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: world.databaseUrl });
    await client.connect();
    await client.query(`begin; select from wallets where user_id = '${world.person.id}' for update`);
    return () => client.end();
  }

  /** Creates with a client that waits 100 ms for each of its three tries. Answers how many requests went out. */
  async function createImpatiently(body: { input: string }, headers: Record<string, string> = {}): Promise<number> {
    let requests = 0;
    const counting: typeof fetch = (url, init) => ((requests += 1), fetch(url, init));
    const client = createSdk({ url: world.url(), key: world.person.key }, { timeout: 100, fetch: counting });
    await expect(client.responses.create({ model: 'mock', background: true, ...body }, { headers })).rejects.toThrow(
      APIConnectionTimeoutError,
    );
    return requests;
  }

  const jobsTagged = async (tag: string) => {
    const { rows } = await query<{ id: string }>(`select id from jobs where request::text like '%${tag}%'`);
    return rows.map(({ id }) => id);
  };
  async function query<Row extends pg.QueryResultRow>(text: string) {
    const client = new pg.Client({ connectionString: world.databaseUrl });
    await client.connect();
    try {
      return await client.query<Row>(text);
    } finally {
      await client.end();
    }
  }

  test('C37: three tries of one create with one Idempotency-Key make one job, and the key finds it later', async () => {
    const headers = { 'Idempotency-Key': `c37-${mode}` };
    const body = { input: ask({ text: 'Once.', tag: `c37-${mode}` }) };
    const release = await stall();
    expect(await createImpatiently(body, headers)).toBe(3);
    await release();
    await expect.poll(() => jobsTagged(`c37-${mode}`), { timeout: 10_000 }).toHaveLength(1);
    const later = await world.sdk.responses.create({ model: 'mock', background: true, ...body }, { headers });
    expect([later.id.replace('resp_', 'job_')]).toEqual(await jobsTagged(`c37-${mode}`));
    await expect(world.sdk.responses.create({ model: 'mock', background: true, input: 'Else.' }, { headers })).rejects.toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    expect(
      (
        await world.sdk.chat.completions.create(
          { model: 'mock', messages: [{ role: 'user', content: ask({ text: 'Other route.' }) }] },
          { headers },
        )
      ).object,
    ).toBe('chat.completion');
  });

  test('a stream asked for again with its key is the same job from its first event, byte for byte', async () => {
    const bodies = {
      '/v1/responses': { input: ask({ text: 'Said once.', tag: `again-${mode}` }) },
      '/v1/chat/completions': { messages: [{ role: 'user', content: ask({ text: 'Said once.', tag: `again-${mode}` }) }] },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const read = () =>
        readRaw({
          url: world.url(),
          key: world.person.key,
          path,
          body: { model: 'mock', stream: true, ...body },
          headers: { 'Idempotency-Key': `stream-${mode}` },
        });
      const first = await read();
      const again = await read();
      expect([again.headers.get('x-job-id'), again.data]).toEqual([first.headers.get('x-job-id'), first.data]);
    }
    expect(world.simulator.ledger.calls(`again-${mode}`)).toHaveLength(2);
  });

  test('C39: with RETRY_ATTACH three tries without a key make one job, and another create makes another', async () => {
    const body = { input: ask({ text: 'Once.', tag: `c39-${mode}` }) };
    const release = await stall();
    expect(await createImpatiently(body)).toBe(3);
    await release();
    await expect.poll(() => jobsTagged(`c39-${mode}`), { timeout: 10_000 }).toHaveLength(1);
    const again = [
      await world.sdk.responses.create({ model: 'mock', background: true, ...body }),
      await world.sdk.responses.create({ model: 'mock', background: true, ...body }),
    ];
    expect(new Set([...again.map(({ id }) => id.replace('resp_', 'job_')), ...(await jobsTagged(`c39-${mode}`))]).size).toBe(3);
  });

  test('a foreground call with a key may be left and asked for again', async () => {
    const headers = { 'Idempotency-Key': `left-${mode}` };
    const messages = [{ role: 'user' as const, content: ask({ text: 'Worth waiting.', first_token_ms: 400, tag: `left-${mode}` }) }];
    const impatient = createSdk({ url: world.url(), key: world.person.key }, { timeout: 200, maxRetries: 5 });
    const completion = await impatient.chat.completions.create({ model: 'mock', messages }, { headers });
    expect(completion.choices[0]?.message.content).toBe('Worth waiting.');
    expect(world.simulator.ledger.calls(`left-${mode}`)).toHaveLength(1);
  });

  test('a foreground call is held for a bounded time, then cancelled, and not to be retried', async () => {
    let requests = 0;
    const counting: typeof fetch = (url, init) => ((requests += 1), fetch(url, init));
    const client = createSdk({ url: world.url(), key: world.person.key }, { fetch: counting });
    for (const create of [
      () => client.chat.completions.create({ model: 'mock', messages: [{ role: 'user', content: ask({ hang: true }) }] }),
      () => client.responses.create({ model: 'mock', input: ask({ hang: true }) }),
    ]) {
      requests = 0;
      const thrown = (await create().catch((error: unknown) => error)) as { status: number; code: string; headers: Headers };
      expect(thrown).toMatchObject({ status: 504, code: 'queue_wait_timeout', type: 'server_error' });
      expect(requests).toBe(1);
      expect(thrown.headers.get('x-should-retry')).toBe('false');
      const jobId = thrown.headers.get('x-job-id');
      await expect
        .poll(async () => (await world.person.call.get(`/v1/jobs/${jobId}`)).body['status'], { timeout: 10_000 })
        .toBe('cancelled');
    }
  });
});

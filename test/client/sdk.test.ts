import {
  ConnectionError,
  createClient,
  InsufficientCreditsError,
  InvalidRequestError,
  JobFailedError,
  NotFoundError,
  textOutput,
  type Client,
  type EventEntry,
} from '@sluice/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;
  let client: Client;

  beforeAll(async () => {
    world = await startWorld(mode);
    user = await world.user('1000');
    client = createClient({ url: world.url(), apiKey: user.key });
  });
  afterAll(() => world.close());

  const slowly = (tag: string) => `[[sim {"tokens":120,"tokens_per_s":40,"tag":"${tag}"}]] Speak slowly.`;

  test('a job is created, waited for, read and listed', async () => {
    const job = await client.jobs.create({ model: 'mock', input: '[[sim {"text":"Yes."}]] Really?' });
    expect(job.id).toMatch(/^job_/);
    const ended = await client.jobs.wait(job.id);
    expect(ended).toMatchObject({ status: 'completed', output: { text: 'Yes.' } });
    expect(await client.jobs.get(job.id)).toMatchObject({ id: job.id, status: 'completed' });
    expect((await client.jobs.list({ limit: 1 })).data).toHaveLength(1);
  });

  test('ask answers text, streams text, and throws what went wrong', async () => {
    expect(await client.ask('[[sim {"text":"Forty-two."}]] What?', { model: 'mock' })).toBe('Forty-two.');
    const pieces: string[] = [];
    for await (const piece of client.ask.stream('[[sim {"deltas":["a","b","c"],"tokens_per_s":50}]] Spell.', { model: 'mock' }))
      pieces.push(piece);
    expect(pieces.join('')).toBe('abc');
    const failing = client.ask('[[sim {"status":400}]] No.', { model: 'mock' });
    await expect(failing).rejects.toThrow(JobFailedError);
    await expect(failing).rejects.toMatchObject({ code: 'provider_rejected', job: { status: 'failed' } });
  });

  test('an error has its code, status, faults and request id', async () => {
    const wrong = client.jobs.create({ model: 'mock', input: 'x', params: { temperature: 9 } });
    await expect(wrong).rejects.toThrow(InvalidRequestError);
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid_request',
      status: 400,
      request_id: expect.stringMatching(/./),
      errors: [{ path: 'params.temperature' }],
    });
    await expect(client.jobs.get('job_00000000000000000000000000')).rejects.toThrow(NotFoundError);
    const poor = createClient({ url: world.url(), apiKey: (await world.user('0')).key });
    await expect(poor.jobs.create({ model: 'mock', input: 'x' })).rejects.toThrow(InsufficientCreditsError);
    await expect(createClient({ url: world.url(), apiKey: 'sk-wrong' }).jobs.list()).rejects.toMatchObject({
      name: 'AuthenticationError',
      code: 'unauthenticated',
    });
    const nobody = createClient({ url: 'http://127.0.0.1:9', apiKey: 'sk-x', maxRetries: 1 });
    await expect(nobody.jobs.get('job_1')).rejects.toThrow(ConnectionError);
  });

  test('every page of a list is read as one goes, and the first alone when awaited', async () => {
    const rows = await client.jobs.bulk(
      Array.from({ length: 25 }, (_, i) => ({ model: 'mock', input: `[[sim {"text":"${i}"}]] n`, metadata: { i: String(i) } })),
    );
    const ids = rows.map((row) => ('job' in row ? row.job.id : 'refused'));
    const seen: string[] = [];
    for await (const { id } of client.jobs.list({ limit: 10 })) {
      seen.push(id);
      if (seen.length === 25) break;
    }
    expect(seen.sort()).toEqual(ids.sort());
  });

  test('the rows of a bulk stand alone, and sending it again with its key makes nothing new', async () => {
    const requests = [
      { model: 'mock', input: '[[sim {"text":"one"}]] a' },
      { model: 'mock', input: '' },
      { model: 'mock', input: '[[sim {"text":"two"}]] b' },
    ];
    const first = await client.jobs.bulk(requests, { idempotencyKey: `bulk-${mode}` });
    expect(first).toMatchObject([
      { index: 0, job: {} },
      { index: 1, error: { code: 'invalid_request' } },
      { index: 2, job: {} },
    ]);
    const again = await client.jobs.bulk(requests, { idempotencyKey: `bulk-${mode}` });
    const idsOf = (rows: typeof first) => rows.flatMap((row) => ('job' in row ? [row.job.id] : []));
    expect(idsOf(again)).toEqual(idsOf(first));
  });

  test('leaving the loop closes the connection and does not cancel the job', async () => {
    const { id } = await client.jobs.create({ model: 'mock', input: slowly(`leave-${mode}`), params: { max_tokens: 500 } });
    let open = 0;
    const counting = createClient({
      url: world.url(),
      apiKey: user.key,
      fetch: async (input, init) => {
        open += 1;
        init?.signal?.addEventListener('abort', () => (open -= 1));
        return fetch(input, init);
      },
    });
    for await (const { event } of counting.jobs.events(id)) if (event.type === 'text-delta') break;
    expect(open).toBe(0);
    expect(await client.jobs.wait(id)).toMatchObject({ status: 'completed' });
  });

  test('a cancelled job ends its stream and keeps what was said', async () => {
    const { id } = await client.jobs.create({ model: 'mock', input: slowly(`cancel-${mode}`), params: { max_tokens: 500 } });
    const entries: EventEntry[] = [];
    for await (const entry of client.jobs.events(id)) {
      if (entry.event.type === 'text-delta' && entries.every(({ event }) => event.type !== 'text-delta')) await client.jobs.cancel(id);
      entries.push(entry);
    }
    expect(entries.at(-1)).toMatchObject({ event: { type: 'job-end', status: 'cancelled' } });
    expect(textOutput(await client.jobs.get(id))?.text).toBe(textOf(entries));
  });

  test('models, wallet, transfers, usage and the audit are read', async () => {
    expect((await client.models.list()).map(({ id }) => id)).toContain('mock');
    expect(await client.models.get('mock')).toMatchObject({ id: 'mock' });
    expect(await client.wallet.get()).toMatchObject({ object: 'wallet', debt: '0.0000' });
    expect((await client.me()).user.id).toBe(user.id);
    const kinds = new Set<string>();
    for await (const { kind } of client.wallet.transfers({ limit: 5 })) kinds.add(kind);
    expect(kinds).toContain('recharge');
    await expect.poll(async () => (await client.usage.report({ group_by: 'model' })).data.map(({ model }) => model)).toEqual(['mock']);
    for await (const record of client.usage.records()) expect(record).toMatchObject({ model: 'mock', user_id: user.id });
    const admin = createClient({ url: world.url(), apiKey: 'sk-administrator-of-the-tests' });
    expect(await admin.admin.audit()).toMatchObject({ findings: 0 });
  });

  test('a batch of rows is run once, in order, with progress; the same run key finds the same jobs', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ title: `[[sim {"text":"answer ${i}","tag":"run-${mode}"}]] ${i}` }));
    const progress: number[] = [];
    const options = {
      model: 'mock',
      prompt: 'Describe {{title}}',
      concurrency: 7,
      runKey: `run-${mode}`,
      onProgress: ({ done }: { done: number }) => progress.push(done),
    };
    const results = await client.batches.run(rows, options);
    expect(results.map(({ text }) => text)).toEqual(rows.map((_, i) => `answer ${i}`));
    expect(progress.at(-1)).toBe(30);
    const again = await client.batches.run(rows, options);
    expect(again.map(({ job }) => job?.id)).toEqual(results.map(({ job }) => job?.id));
    expect(world.simulator.ledger.calls(`run-${mode}`)).toHaveLength(30);
  });

  test('rows go through a template, whatever other columns they have', async () => {
    const variables = { properties: { name: { type: 'string' }, tone: { type: 'string', default: 'dry' } }, required: ['name'] } as const;
    const user = '[[sim {"text":"{{name}}, {{tone}}"}]] Go.';
    await client.templates.create({
      slug: `sdk-${mode}`,
      name: 'Test',
      model: 'mock',
      user,
      variables: { ...variables, required: ['name'] },
    });
    const rows = [
      { id: 1, title: 'Kettle', tone: '' },
      { id: 2, title: 'Gnome', tone: 'warm' },
    ];
    const results = await client.batches.run(rows, { template: `sdk-${mode}`, map: { name: 'title' } });
    expect(results.map(({ text, row }) => [row.id, text])).toEqual([
      [1, 'Kettle, dry'],
      [2, 'Gnome, warm'],
    ]);
    const nowhere = client.batches.run(rows, { template: 'nowhere' });
    await expect(nowhere).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  test('a job that was cancelled is asked again as another', async () => {
    const { id } = await client.jobs.create({ model: 'mock', input: slowly(`again-${mode}`) });
    await client.jobs.cancel(id);
    const retry = await client.jobs.retry(id, { idempotencyKey: `again-${mode}` });
    expect(await client.jobs.retry(id, { idempotencyKey: `again-${mode}` })).toMatchObject({ id: retry.id, retry_of: id });
    expect(await client.jobs.wait(retry.id)).toMatchObject({ status: 'completed' });
    await expect(client.jobs.retry(retry.id)).rejects.toMatchObject({ name: 'ConflictError' });
  });

  test('a stopped batch leaves its jobs running, and running it again goes on with them', async () => {
    const tag = `stop-${mode}`;
    const rows = Array.from({ length: 40 }, (_, i) => ({ n: i }));
    const request = ({ n }: { n: number }) => ({
      model: 'mock',
      input: `[[sim {"text":"${n}","first_token_ms":100,"tag":"${tag}"}]] ${n}`,
    });
    const stop = new AbortController();
    const options = { request, concurrency: 5, runKey: tag };
    let seen = 0;
    const running = (async () => {
      for await (const _ of client.batches.each(rows, { ...options, signal: stop.signal }))
        if (++seen === 12) stop.abort(new Error('enough'));
    })();
    await expect(running).rejects.toThrow('enough');
    const results = await client.batches.run(rows, options);
    expect(results.map(({ text }) => text)).toEqual(rows.map(({ n }) => String(n)));
    expect(world.simulator.ledger.calls(tag)).toHaveLength(40);
  });

  test('the API is killed and started again in the middle of a stream: the reader gets the same text, character for character', async () => {
    const { id } = await client.jobs.create({ model: 'mock', input: slowly(`kill-${mode}`), params: { max_tokens: 500 } });
    const entries: EventEntry[] = [];
    let restart: Promise<unknown> = Promise.resolve();
    const name = mode === 'embedded' ? 'standalone' : 'api';
    for await (const entry of client.jobs.events(id)) {
      entries.push(entry);
      if (entries.length === 10)
        restart =
          world.roles
            .get(name)
            ?.end('SIGKILL')
            .then(() => world.start(name, name)) ?? restart;
    }
    await restart;
    const job = await client.jobs.get(id);
    expect(job).toMatchObject({ status: 'completed', output: { text: textOf(entries) } });
    // In one process the worker died as well, so the job was attempted again.
    if (mode === 'distributed') expect(job.attempt).toBe(1);
    const ids = entries.flatMap((entry) => (entry.id === null ? [] : [entry.id]));
    expect(new Set(ids).size).toBe(ids.length);
  }, 90_000);
});

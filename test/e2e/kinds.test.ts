import { createClient } from '@sluice/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnswerBody } from '../routes/caller.ts';
import { readToEnd } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

interface AskedJob extends AnswerBody {
  output: { embeddings: unknown[]; results: unknown[] };
  billing: { cost: string };
}

/** 1,000 tokens cost 1 credit. */
const price = { mode: 'simple', input_price: '1', output_price: '0' };

/** Jobs that are no chats, in both ways to run: asked, answered, charged by what was read. */
describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;

  beforeAll(async () => {
    world = await startWorld(mode);
    for (const [alias, capability, model] of [
      ['embed', 'embedding', 'sluice-sim-embed'],
      ['ranks', 'rerank', 'sluice-sim-rerank'],
      ['judge', 'moderation', 'sluice-sim-moderation'],
    ] as const) {
      await world.admin.post('/v1/admin/models', { alias, capabilities: [capability], routes: [{ provider: 'mock', model }], price });
      await world.admin.send('PUT', `/v1/admin/default-models/${capability}`, { model: alias });
    }
    user = await world.user('100');
  });
  afterAll(() => world?.close());

  const ask = async (body: object) => {
    const { status, body: job, text } = await user.call.post('/v1/jobs?wait=20', body);
    expect(status, text).toBe(200);
    return job as AskedJob;
  };
  const settled = async (id: string) => {
    const look = async () => (await user.call.get(`/v1/jobs/${id}`)).body;
    await expect.poll(look, { timeout: 10_000 }).toMatchObject({ billing: { state: 'settled' } });
    return (await look()) as AskedJob;
  };

  test('embeddings are answered, told in few events, and charged by their input', async () => {
    const job = await ask({ kind: 'embedding', model: 'embed', input: ['rivers', 'and the sea'], params: { dimensions: 4 } });
    expect(job).toMatchObject({
      kind: 'embedding',
      status: 'completed',
      output: { dimensions: 4, encoding_format: 'float', embeddings: [{ length: 4 }, { length: 4 }] },
      usage: { source: 'provider', input_tokens: 5, output_tokens: 0 },
    });
    expect(await settled(job.id)).toMatchObject({ billing: { cost: '0.0050' } });
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId: job.id });
    expect(entries.map(({ event }) => event.type)).toEqual(['attempt-start', 'usage', 'job-end']);
    const { body: list } = await user.call.get('/v1/jobs?kind=embedding');
    expect(list).toMatchObject({ data: [{ id: job.id, kind: 'embedding', output: null }] });
    expect((await user.call.get(`/v1/jobs/${job.id}/events?format=openai`)).status).toBe(400);
  });

  test('the same vector as base64, by the default model', async () => {
    const float = await ask({ kind: 'embedding', model: 'default:embedding', input: 'rivers' });
    const base64 = await ask({ kind: 'embedding', model: 'embed', input: 'rivers', params: { encoding_format: 'base64' } });
    const [bytes] = base64.output.embeddings as string[];
    const vector = new Float32Array(Uint8Array.from(Buffer.from(bytes ?? '', 'base64')).buffer);
    expect(float.output.embeddings).toEqual([[...vector]]);
  });

  test('documents are ranked, with their text when it is asked for', async () => {
    const documents = ['boats', { text: 'rivers run here' }, 'rivers'];
    const params = { top_n: 2, return_documents: true };
    const job = await ask({ kind: 'rerank', model: 'default:rerank', query: 'rivers run', documents, params });
    expect(job).toMatchObject({
      output: {
        results: [
          { index: 1, document: { text: 'rivers run here' } },
          { index: 2, document: { text: 'rivers' } },
        ],
      },
    });
    expect(job.output.results).toHaveLength(2);
  });

  test('a moderation has a default model; its usage is estimated, because no provider tells it', async () => {
    const job = await ask({ kind: 'moderation', input: 'I kill time.' });
    expect(job).toMatchObject({ model: 'judge', output: { results: [{ flagged: true }] }, usage: { source: 'estimated' } });
    expect(Number((await settled(job.id)).billing.cost)).toBeGreaterThan(0);
  });

  test('a provider that fails is asked again; one that answers nonsense too, until no attempt is left', async () => {
    const failing = (directive: object) => ({ kind: 'embedding', model: 'embed', input: `[[sim ${JSON.stringify(directive)}]] x` });
    expect(await ask(failing({ tag: `${mode} twice`, fail_first: 1, status: 500 }))).toMatchObject({ status: 'completed', failures: 1 });
    const wrong = await ask({ ...failing({ body: '{"data":[]}' }), max_attempts: 2 });
    expect(wrong).toMatchObject({ status: 'failed', failures: 2, output: null, error: { code: 'provider_unavailable' } });
    expect(await settled(wrong.id)).toMatchObject({ billing: { cost: '0.0000' } });
    const { status, body: again } = await user.call.post(`/v1/jobs/${wrong.id}/retry`);
    expect({ status, again }).toMatchObject({ status: 202, again: { kind: 'embedding', model: 'embed', max_attempts: 2 } });
  });

  test('a running one is cancelled, and its provider hears of it', async () => {
    const tag = `${mode} cancelled`;
    const { body: job } = await user.call.post('/v1/jobs', {
      kind: 'embedding',
      model: 'embed',
      input: `[[sim {"hang":true,"tag":"${tag}"}]] x`,
    });
    await expect.poll(() => world.simulator.ledger.calls(tag).length, { timeout: 10_000 }).toBe(1);
    expect((await user.call.post(`/v1/jobs/${job.id}/cancel`)).body).toMatchObject({ status: 'cancelled', usage: { source: 'none' } });
    await expect.poll(() => world.simulator.ledger.calls(tag)[0]?.clientClosedAt).toEqual(expect.any(Number));
  });

  test('rows of every kind are submitted together, each by its own rules', async () => {
    const { body } = await user.call.post('/v1/jobs/bulk', {
      jobs: [
        { kind: 'embedding', model: 'embed', input: [1, 2, 3] },
        { model: 'mock', input: 'Hello.' },
        { kind: 'embedding', model: 'mock', input: 'x' },
        { model: 'embed', input: 'x' },
        { kind: 'picture', model: 'embed' },
        { kind: 'embedding', model: 'embed', input: [] },
        { kind: 'rerank', model: 'ranks', query: 'q', documents: [], params: { top: 1 } },
      ],
    });
    const rows = body.data as unknown as { job?: { kind: string }; error?: { message: string; param: string } }[];
    expect(rows.map(({ job, error }) => job?.kind ?? error?.param)).toEqual([
      'embedding',
      'text',
      'model',
      'model',
      'kind',
      'input',
      'documents',
    ]);
    expect(rows[2]?.error?.message).toBe('The model mock is for text, not for embedding; GET /v1/models lists what each model can do.');
  });

  test('the client asks for each kind', async () => {
    const client = createClient({ url: world.url(), apiKey: user.key });
    expect(await client.embed(['rivers', 'sea'], { model: 'embed' })).toMatchObject([{ length: 256 }, { length: 256 }]);
    expect(await client.rerank('rivers', ['boats', 'rivers'], { model: 'ranks' })).toMatchObject([{ index: 1 }, { index: 0 }]);
  });

  test('what was charged adds up', async () => {
    const { body } = await world.admin.get('/v1/admin/audit');
    expect(body).toMatchObject({ findings: 0 });
  });
});

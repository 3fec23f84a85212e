import {
  experimental_cancelBatch as cancelBatch,
  experimental_getBatchResults as getBatchResults,
  experimental_getBatchStatus as getBatchStatus,
  experimental_listBatches as listBatches,
  experimental_startBatch as startAiBatch,
} from 'ai';
import { BadRequestError, ConflictError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAsAdmin } from '../support/database.ts';
import { batchEnd, chatLine, expectEachOnce, resultsOf, startBatch } from './batch-run.ts';
import { createAiSdk, createSdk } from './clients.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

describe.each(['embedded', 'distributed'] as const)('batches, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => void (world = await startSurfaceWorld(mode)));
  afterAll(() => world?.close());

  test('C53: 1,000 lines, some refused by us and some by the provider: counts add up, and each stands in one file, once', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => {
      if (i % 100 === 7) return chatLine(`row-${i}`, 'x', { temperature: 9 });
      if (i % 100 === 8) return chatLine(`row-${i}`, ask({ status: 400 }));
      return chatLine(`row-${i}`, ask({ text: `Answer ${i}.` }));
    });
    const started = await startBatch(world.sdk, lines, '/v1/chat/completions', { metadata: { night: '1' } });
    expect(started).toMatchObject({
      object: 'batch',
      status: 'validating',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { night: '1' },
    });
    expect(started.expires_at).toBe(started.created_at + 86_400);
    const batch = await batchEnd(world.sdk, started.id);
    expect(batch).toMatchObject({
      status: 'completed',
      model: 'mock',
      request_counts: { total: 1000, completed: 980, failed: 20 },
      errors: null,
    });
    for (const time of [batch.in_progress_at, batch.finalizing_at, batch.completed_at])
      expect(time).toBeGreaterThanOrEqual(batch.created_at);
    expect(batch.usage?.total_tokens).toBeGreaterThan(1000);

    const results = await resultsOf(world.sdk, batch);
    expectEachOnce(lines, results);
    expect(results.output.every(({ response, error }) => response?.status_code === 200 && error === null)).toBe(true);
    expect(results.error.every(({ response, error }) => response?.status_code === 400 && error === null)).toBe(true);
    const [first] = results.output;
    expect(first).toMatchObject({
      id: expect.stringMatching(/^batch_req_/),
      custom_id: 'row-0',
      response: {
        request_id: expect.stringMatching(/^req_/),
        body: { object: 'chat.completion', choices: [{ message: { content: 'Answer 0.' }, finish_reason: 'stop' }] },
      },
    });
    const refused = results.error.find(({ custom_id: id }) => id === 'row-7');
    expect(refused?.response?.body).toMatchObject({
      error: { message: expect.any(String), type: 'invalid_request_error', param: 'temperature' },
    });
    expect((await world.sdk.files.retrieve(batch.output_file_id ?? '')).filename).toBe(`${batch.id}_output.jsonl`);
    expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
  }, 120_000);

  test('lines of responses answer whole responses', async () => {
    const lines = ['a', 'b'].map((id) => ({
      custom_id: id,
      method: 'POST' as const,
      url: '/v1/responses',
      body: { model: 'mock', input: ask({ text: `Said ${id}.` }), instructions: 'Be brief.', store: false },
    }));
    const batch = await batchEnd(world.sdk, (await startBatch(world.sdk, lines, '/v1/responses')).id);
    const results = await resultsOf(world.sdk, batch);
    expectEachOnce(lines, results);
    expect(results.output[0]?.response?.body).toMatchObject({
      object: 'response',
      status: 'completed',
      background: false,
      instructions: 'Be brief.',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Said a.', annotations: [] }] }],
    });
  });

  test('lines of native jobs answer jobs, with what each has cost', async () => {
    const lines = Array.from({ length: 5 }, (_, i) => ({
      custom_id: `job-${i}`,
      method: 'POST' as const,
      url: '/v1/jobs',
      body: { model: i === 4 ? 'org/m' : 'mock', input: ask({ text: 'Yes.' }), metadata: { row: String(i) } },
    }));
    const batch = await batchEnd(world.sdk, (await startBatch(world.sdk, lines, '/v1/jobs')).id);
    expect(batch).toMatchObject({ status: 'completed', model: null });
    const { output } = await resultsOf(world.sdk, batch);
    const costs = output.map(({ response }) => response?.body['billing'] as { state: string; cost: string });
    expect(costs.every(({ state }) => state === 'settled')).toBe(true);
    const { body } = await world.person.call.get(`/v1/batches/${batch.id}`);
    expect(Number(body['cost'])).toBeCloseTo(
      costs.reduce((sum, { cost }) => sum + Number(cost), 0),
      4,
    );
    const { body: jobs } = await world.person.call.get(`/v1/jobs?batch_id=${batch.id}`);
    expect(jobs.data).toHaveLength(5);
    expect(output[0]?.response?.body).toMatchObject({
      object: 'job',
      batch_id: batch.id,
      output: { text: 'Yes.' },
      metadata: { row: '0' },
    });
  });

  test('a file with faults fails the batch, and says which lines', async () => {
    const lines = [chatLine('a', 'x'), { ...chatLine('b', 'x'), url: '/v1/responses' }, chatLine('a', 'x')];
    const batch = await batchEnd(world.sdk, (await startBatch(world.sdk, lines)).id);
    expect(batch).toMatchObject({ status: 'failed', output_file_id: null, error_file_id: null });
    expect(batch.errors?.data?.map(({ code, line }) => [code, line])).toEqual([
      ['url_mismatch', 2],
      ['duplicate_custom_id', 3],
    ]);
  });

  test('what cannot be a batch is refused at once', async () => {
    const { sdk } = world;
    const file = await sdk.files.create({ file: new File(['{}'], 'x.txt'), purpose: 'user_data' });
    const good = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    await expect(sdk.batches.create(good)).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
    await expect(sdk.batches.create({ ...good, input_file_id: 'file-none' })).rejects.toThrow(BadRequestError);
    await expect(sdk.batches.create({ ...good, completion_window: '12y' as '24h' })).rejects.toMatchObject({
      status: 400,
      param: 'completion_window',
    });
    await expect(sdk.batches.create({ ...good, endpoint: '/v1/videos' })).rejects.toMatchObject({ status: 400, param: 'endpoint' });
    await expect(sdk.batches.retrieve('batch_none')).rejects.toThrow(NotFoundError);
  });

  test('C55: cancelled midway, what has ended is in the output and the rest says batch_cancelled', async () => {
    const { sdk } = world;
    const lines = Array.from({ length: 400 }, (_, i) => chatLine(`row-${i}`, ask({ tokens: 10, tokens_per_s: 20 })));
    const { id } = await startBatch(sdk, lines);
    await expect.poll(async () => (await sdk.batches.retrieve(id)).request_counts?.completed, { timeout: 30_000 }).toBeGreaterThan(20);
    expect(await sdk.batches.cancel(id)).toMatchObject({ status: 'cancelling' });
    const batch = await batchEnd(sdk, id);
    expect(batch.status).toBe('cancelled');
    const results = await resultsOf(sdk, batch);
    expectEachOnce(lines, results);
    const { total = 0, completed = 0, failed = 0 } = batch.request_counts ?? {};
    expect(completed + failed).toBe(total);
    expect(results.output).toHaveLength(completed);
    expect(results.error.every(({ response, error }) => response === null && error?.code === 'batch_cancelled')).toBe(true);
    await expect(sdk.batches.cancel(id)).rejects.toMatchObject({
      status: 409,
      code: null,
      message: expect.stringContaining("Cannot cancel a batch with status 'cancelled'."),
    });
    await expect(sdk.batches.cancel(id)).rejects.toThrow(ConflictError);
  }, 90_000);

  test('C56: past its window a batch expires, and what had not ended says batch_expired', async () => {
    const { sdk } = world;
    const lines = Array.from({ length: 250 }, (_, i) => chatLine(`row-${i}`, ask(i < 20 ? { text: 'Quick.' } : { first_token_ms: 8000 })));
    const { id } = await startBatch(sdk, lines);
    await expect.poll(async () => (await sdk.batches.retrieve(id)).request_counts?.completed, { timeout: 30_000 }).toBe(20);
    // The clock is moved for this batch alone, between two looks of its pump: one that is under way may still submit rows with
    // the old deadline. What runs is ended as its deadline would end it.
    await runAsAdmin(
      world.databaseUrl,
      `do $$ begin loop update batches set expires_at = now() where id = '${id}' and lease_id is null; exit when found; perform pg_sleep(0.01); end loop; end $$`,
    );
    await runAsAdmin(world.databaseUrl, `update jobs set deadline_at = now() where batch_id = '${id}' and status = 'queued'`);
    await runAsAdmin(
      world.databaseUrl,
      `update jobs set status = 'failed', worker_id = null, finished_at = now(), billing_state = 'settle_pending', error_code = 'deadline_exceeded' where batch_id = '${id}' and status = 'running'`,
    );
    const batch = await batchEnd(sdk, id);
    expect(batch).toMatchObject({ status: 'expired', request_counts: { total: 250, completed: 20, failed: 230 } });
    const results = await resultsOf(sdk, batch);
    expectEachOnce(lines, results);
    expect(results.error.every(({ error }) => error?.code === 'batch_expired')).toBe(true);
  }, 90_000);

  test('C68: batches of somebody else are not found, on any route', async () => {
    const { id } = await startBatch(world.sdk, [chatLine('a', 'x')]);
    const other = await world.user();
    const sdk = createSdk({ url: world.url(), key: other.key }, { maxRetries: 0 });
    await expect(sdk.batches.retrieve(id)).rejects.toThrow(NotFoundError);
    await expect(sdk.batches.cancel(id)).rejects.toThrow(NotFoundError);
    for (const path of ['pause', 'resume', 'retry-failed']) expect((await other.call.post(`/v1/batches/${id}/${path}`)).status).toBe(404);
    expect((await other.call.get(`/v1/batches/${id}/rows`)).status).toBe(404);
    expect((await sdk.batches.list()).data).toEqual([]);
  });

  test('a list pages from the newest, with the SDK walking on', async () => {
    const ids = [];
    for (const name of ['a', 'b', 'c']) ids.unshift((await startBatch(world.sdk, [chatLine(name, 'x')])).id);
    const walked = [];
    for await (const { id } of world.sdk.batches.list({ limit: 2 })) if (walked.push(id) >= 3) break;
    expect(walked).toEqual(ids);
  });

  test('C60: the AI SDK starts, watches, lists, reads and cancels batches', async () => {
    const provider = createAiSdk({ url: world.url(), key: world.person.key });
    const requests = ['one', 'two', 'three'].map((id) => ({
      id,
      type: 'text' as const,
      model: 'mock',
      prompt: ask(id === 'two' ? { status: 400 } : { text: `Said ${id}.` }),
    }));
    const batch = await startAiBatch({ provider, requests });
    expect(batch).toMatchObject({ status: 'pending', rawStatus: 'validating' });
    await expect.poll(async () => (await getBatchStatus({ provider, batch })).status, { timeout: 30_000 }).toBe('completed');
    expect((await getBatchStatus({ provider, batch })).requestCounts).toEqual({ total: 3, pending: 0, completed: 2, failed: 1 });
    const results = new Map<string, { status: string; text?: string }>();
    for await (const result of getBatchResults({ provider, batch })) {
      results.set(result.id, { status: result.status, ...('text' in result && { text: result.text }) });
    }
    expect([...results.keys()].sort()).toEqual(['one', 'three', 'two']);
    expect(results.get('one')).toEqual({ status: 'succeeded', text: 'Said one.' });
    expect(results.get('two')).toEqual({ status: 'failed' });
    const { batches } = await listBatches({ provider, limit: 5 });
    expect(batches.some(({ id }) => id === batch.id)).toBe(true);
    const slow = await startAiBatch({
      provider,
      requests: [{ id: 'slow', type: 'text', model: 'mock', prompt: ask({ tokens: 40, tokens_per_s: 20 }) }],
    });
    await cancelBatch({ provider, batch: slow });
    await expect.poll(async () => (await getBatchStatus({ provider, batch: slow })).rawStatus, { timeout: 30_000 }).toBe('cancelled');
  }, 90_000);
});

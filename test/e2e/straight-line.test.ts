import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEvents, readToEnd, textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

/** The same story in both ways to run: asked, streamed, finished, charged. */
describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;

  beforeAll(async () => {
    world = await startWorld(mode);
    user = await world.user('100');
  });
  afterAll(() => world.close());

  const submit = async (body: object) => {
    const answer = await user.call.post('/v1/jobs', { model: 'mock', ...body });
    expect(answer.status, answer.text).toBe(202);
    return answer.body.id;
  };
  const settled = (id: string) =>
    expect
      .poll(async () => (await user.call.get(`/v1/jobs/${id}`)).body, { timeout: 10_000 })
      .toMatchObject({ billing: { state: 'settled' } });

  test('a question is answered, streamed and charged', async () => {
    const jobId = await submit({
      input: '[[sim {"text":"Rivers run to the sea.","tokens_per_s":200}]] Where do rivers run?',
      params: { max_tokens: 100 },
    });
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId });
    expect(entries[0]).toMatchObject({ id: '1-0', event: { type: 'attempt-start', provider: 'mock', model: 'sluice-sim' } });
    expect(entries.at(-1)).toMatchObject({ id: '2-0', event: { type: 'job-end', status: 'completed', finish_reason: 'stop' } });
    expect(textOf(entries)).toBe('Rivers run to the sea.');
    await settled(jobId);
    const { body: job } = await user.call.get(`/v1/jobs/${jobId}`);
    expect(job).toMatchObject({
      status: 'completed',
      output: { text: 'Rivers run to the sea.' },
      usage: { source: 'provider' },
      attempt: 1,
    });
    const { body: me } = await user.call.get('/v1/me');
    expect(me).toMatchObject({ wallet: { held: '0.0000', debt: '0.0000' } });
  });

  test('waiting answers the finished job', async () => {
    const answer = await user.call.post('/v1/jobs?wait=20', { model: 'mock', input: '[[sim {"text":"Yes."}]] Really?' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'completed', output: { text: 'Yes.' } });
  });

  test('a finished stream is replayed, from any cursor, and 204 behind its end', async () => {
    const jobId = await submit({ input: '[[sim {"deltas":["a","b","c","d"],"tokens_per_s":20}]] Spell.' });
    const all = await readToEnd({ url: world.url(), key: user.key, jobId });
    for (const [i, { id }] of all.entries()) {
      const rest = [];
      for await (const entry of readEvents({ url: world.url(), key: user.key, jobId, after: id ?? '' })) rest.push(entry);
      expect(rest).toEqual(all.slice(i + 1));
    }
    const end = await user.call.get(`/v1/jobs/${jobId}/events?after=${all.at(-1)?.id}`);
    expect(end.status).toBe(204);
  });

  test('a provider that fails twice is asked a third time, and readers see one clean text', async () => {
    const tag = `retry-${mode}`;
    const jobId = await submit({ input: `[[sim {"text":"Third time lucky.","fail_first":2,"status":503,"tag":"${tag}"}]] Try.` });
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId });
    expect(textOf(entries)).toBe('Third time lucky.');
    expect(world.simulator.ledger.calls(tag)).toHaveLength(3);
    expect((await user.call.get(`/v1/jobs/${jobId}`)).body).toMatchObject({ attempt: 3, failures: 2, status: 'completed' });
  });

  test('a stream that is cut is never a success: the job starts over, or fails where text cannot be taken back', async () => {
    const cut = '[[sim {"tokens":20,"cut_at":10,"fail_first":1,"tag":"TAG"}]] Speak.';
    const restarted = await submit({ input: cut.replace('TAG', `cut-${mode}-1`) });
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId: restarted });
    expect(entries.filter(({ event }) => event.type === 'attempt-start')).toHaveLength(2);
    expect((await user.call.get(`/v1/jobs/${restarted}`)).body).toMatchObject({ status: 'completed', output: { text: textOf(entries) } });

    const failed = await submit({ input: cut.replace('TAG', `cut-${mode}-2`), on_stream_failure: 'fail' });
    await readToEnd({ url: world.url(), key: user.key, jobId: failed });
    expect((await user.call.get(`/v1/jobs/${failed}`)).body).toMatchObject({
      status: 'failed',
      error: { code: 'provider_unavailable' },
      usage: { source: 'estimated' },
    });
  });

  test('a refused request fails at once and costs nothing', async () => {
    const answer = await user.call.post('/v1/jobs?wait=20', { model: 'mock', input: '[[sim {"status":400}]] No.' });
    expect(answer.body).toMatchObject({ status: 'failed', error: { code: 'provider_rejected' }, usage: { source: 'none' } });
    await settled(answer.body.id);
    expect((await user.call.get(`/v1/jobs/${answer.body.id}`)).body).toMatchObject({ billing: { cost: '0.0000' } });
  });

  test('missing usage is estimated, marked, and never above the hold', async () => {
    const answer = await user.call.post('/v1/jobs?wait=20', {
      model: 'mock',
      input: '[[sim {"text":"Some words.","no_usage":true}]] Count.',
    });
    expect(answer.body).toMatchObject({ status: 'completed', usage: { source: 'estimated' } });
    await settled(answer.body.id);
  });

  test('NUL and a surrogate pair cut over two deltas are stored and streamed', async () => {
    const deltas = JSON.stringify(['A\u0000', '\ud83d', '\ude00', 'Z']);
    const jobId = await submit({ input: `[[sim {"deltas":${deltas}}]] Odd.` });
    const entries = await readToEnd({ url: world.url(), key: user.key, jobId });
    expect(textOf(entries)).toBe('A\ufffd😀Z');
    expect((await user.call.get(`/v1/jobs/${jobId}`)).body).toMatchObject({ output: { text: 'A\ufffd😀Z' } });
  });

  test("a running job's cancel closes the provider's socket, keeps what was said and charges it", async () => {
    const tag = `cancel-${mode}`;
    const jobId = await submit({ input: `[[sim {"tokens":2000,"tokens_per_s":50,"tag":"${tag}"}]] Talk.`, params: { max_tokens: 2000 } });
    for await (const { event } of readEvents({ url: world.url(), key: user.key, jobId })) if (event.type === 'text-delta') break;
    const askedAt = Date.now();
    const { body: job } = await user.call.post(`/v1/jobs/${jobId}/cancel`);
    expect(job).toMatchObject({ status: 'cancelled', usage: { source: 'estimated' } });
    const [call] = world.simulator.ledger.calls(tag);
    expect((call?.clientClosedAt ?? Infinity) - askedAt).toBeLessThan(1000);
    await settled(jobId);
  });

  test('a queued job past its deadline fails and says so', async () => {
    const answer = await user.call.post('/v1/jobs?wait=20', { model: 'mock', input: '[[sim {"hang":true}]] Hang.', deadline_s: 1 });
    expect(answer.body).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' } });
  });

  test('format=openai streams chat chunks that end in [DONE]', async () => {
    const jobId = await submit({ input: '[[sim {"text":"Two words."}]] Say.' });
    const { text } = await user.call.get(`/v1/jobs/${jobId}/events?format=openai`);
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => line.slice(6));
    expect(lines.at(-1)).toBe('[DONE]');
    const chunks = lines
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { choices: { delta: { content?: string }; finish_reason: string | null }[] });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Two words.');
    expect(chunks.some(({ choices }) => choices[0]?.finish_reason === 'stop')).toBe(true);
  });

  test('a stream ticket opens one job to an EventSource, and no other', async () => {
    const jobId = await submit({ input: '[[sim {"text":"Ticketed."}]] Go.' });
    const { body: ticket } = await user.call.post(`/v1/jobs/${jobId}/stream-ticket`);
    const opened = await fetch(`${world.url()}/v1/jobs/${jobId}/events?ticket=${String(ticket['ticket'])}`);
    expect(await opened.text()).toContain('job-end');
    const other = await submit({ input: '[[sim {"text":"Other."}]] Go.' });
    expect((await fetch(`${world.url()}/v1/jobs/${other}/events?ticket=${String(ticket['ticket'])}`)).status).toBe(401);
  });

  test('1,000 bulk rows each stand alone', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) =>
      i % 100 === 7 ? { model: 'mock', wrong: true } : { model: 'mock', input: '[[sim {"tokens":1}]] Row.', params: { max_tokens: 5 } },
    );
    const { status, body } = await user.call.post('/v1/jobs/bulk', { jobs: rows });
    expect(status).toBe(202);
    const answers = body.data as unknown as { index: number; job?: { id: string }; error?: { code: string } }[];
    expect(answers.filter(({ error }) => error?.code === 'invalid_request')).toHaveLength(10);
    expect(answers.filter(({ job }) => job)).toHaveLength(990);
    await expect
      .poll(async () => (await user.call.get('/v1/me')).body, { timeout: 60_000, interval: 250 })
      .toMatchObject({ wallet: { held: '0.0000' } });
  });

  test('the audit finds nothing', async () => {
    const { body } = await world.admin.get('/v1/admin/audit');
    expect(body).toMatchObject({ findings: 0 });
  });
});

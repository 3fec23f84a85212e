import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEvents, readToEnd, textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

const slowAnswer = (tag: string) => ({
  model: 'mock',
  input: `[[sim {"tokens":150,"tokens_per_s":30,"tag":"${tag}"}]] Speak slowly.`,
  params: { max_tokens: 500 },
});

describe('distributed: any process may die', () => {
  let world: World;
  let user: TestUser;

  beforeAll(async () => {
    world = await startWorld('distributed');
    user = await world.user();
  });
  afterAll(() => world.close());

  const submit = async (body: object) => (await user.call.post('/v1/jobs', body)).body.id;
  const firstText = async (jobId: string) => {
    for await (const { event } of readEvents({ url: world.url(), key: user.key, jobId })) if (event.type === 'text-delta') return;
  };
  const jobOf = async (jobId: string) => (await user.call.get(`/v1/jobs/${jobId}`)).body;
  const auditIsClean = async () => expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });

  test('SIGKILL of a worker in the middle of an answer: another takes over within 20 s, and who stayed reads one clean text', async () => {
    const jobId = await submit(slowAnswer('worker-dies'));
    const reading = readToEnd({ url: world.url(), key: user.key, jobId });
    await firstText(jobId);
    await world.start('worker-2', 'worker');
    await world.roles.get('worker')?.end('SIGKILL');
    const killedAt = Date.now();
    await expect.poll(async () => (await jobOf(jobId))['attempt'], { timeout: 25_000, interval: 200 }).toBe(2);
    expect(Date.now() - killedAt).toBeLessThan(20_000);
    const entries = await reading;
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ status: 'completed', attempt: 2, failures: 1, output: { text: textOf(entries) } });
    await auditIsClean();
  }, 60_000);

  test('SIGKILL of the API in the middle of a stream: resuming gives the same text, byte for byte', async () => {
    const jobId = await submit(slowAnswer('api-dies'));
    const reading = readToEnd({ url: world.url(), key: user.key, jobId });
    await firstText(jobId);
    await world.roles.get('api')?.end('SIGKILL');
    await world.start('api', 'api');
    const entries = await reading;
    const ids = entries.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await jobOf(jobId)).toMatchObject({ status: 'completed', attempt: 1, output: { text: textOf(entries) } });
  }, 60_000);

  test('SIGTERM of a worker gives its jobs back without counting a failure', async () => {
    const jobId = await submit(slowAnswer('worker-stops'));
    const reading = readToEnd({ url: world.url(), key: user.key, jobId });
    await firstText(jobId);
    await world.start('worker-3', 'worker');
    // This one has no grace time left, as when an orchestrator is in a hurry.
    expect(await world.roles.get('worker-2')?.end('SIGTERM')).toBe(0);
    const entries = await reading;
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ status: 'completed', failures: 0, output: { text: textOf(entries) } });
  }, 60_000);

  test('SIGKILL of the billing worker: every job is settled once, when it is back', async () => {
    await world.roles.get('billing')?.end('SIGKILL');
    const { body } = await user.call.post('/v1/jobs?wait=20', { model: 'mock', input: '[[sim {"text":"Unpaid."}]] Go.' });
    expect(body).toMatchObject({ status: 'completed', billing: { state: 'settle_pending' } });
    await world.start('billing', 'billing');
    await expect.poll(() => jobOf(body.id), { timeout: 10_000 }).toMatchObject({ billing: { state: 'settled' } });
    await auditIsClean();
  }, 30_000);
});

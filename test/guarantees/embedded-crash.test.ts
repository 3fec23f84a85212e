import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEvents, readToEnd, textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let user: TestUser;

beforeAll(async () => {
  world = await startWorld('embedded');
  user = await world.user();
});
afterAll(() => world.close());

test('SIGKILL of the one process: after a restart queued and running jobs complete, and who comes back reads one clean text', async () => {
  const slow = { model: 'mock', input: '[[sim {"tokens":100,"tokens_per_s":40}]] Speak.', params: { max_tokens: 200 } };
  const { body: done } = await user.call.post('/v1/jobs?wait=20', { model: 'mock', input: '[[sim {"text":"Before."}]] Go.' });
  const { body: running } = await user.call.post('/v1/jobs', slow);
  const readerEnds = readToEnd({ url: world.url(), key: user.key, jobId: running.id });
  for await (const { event } of readEvents({ url: world.url(), key: user.key, jobId: running.id })) if (event.type === 'text-delta') break;

  await world.roles.get('standalone')?.end('SIGKILL');
  await world.start('standalone', 'standalone');

  const entries = await readerEnds;
  const { body: job } = await user.call.get(`/v1/jobs/${running.id}`);
  expect(job).toMatchObject({ status: 'completed', attempt: 2, failures: 1, output: { text: textOf(entries) } });
  expect(textOf(await readToEnd({ url: world.url(), key: user.key, jobId: done.id }))).toBe('Before.');
  expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
}, 90_000);

test('Ctrl-C stops it cleanly', async () => {
  expect(await world.roles.get('standalone')?.end('SIGINT')).toBe(0);
});

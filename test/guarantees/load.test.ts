import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAsAdmin } from '../support/database.ts';
import { readToEnd, textOf } from '../support/read-events.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

const jobs = 300;
const readers = 20;

let world: World;
let user: TestUser;

beforeAll(async () => {
  world = await startWorld('distributed', { WORKER_CONCURRENCY: '20' });
  user = await world.user();
  await world.start('worker-2', 'worker');
});
afterAll(() => world.close());

/** Kills a role and brings it back, as its supervisor would. */
async function crash(name: string, role: 'api' | 'worker' | 'billing'): Promise<void> {
  await world.roles.get(name)?.end('SIGKILL');
  await world.start(name, role);
}

/** What a failover of the database does to everybody who is connected. */
function cutDatabaseConnections(): Promise<void> {
  const name = new URL(world.databaseUrl).pathname.slice(1);
  return runAsAdmin(
    world.databaseUrl,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
  );
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('under load, any one process may be killed: no job, no charge and no event is lost', async () => {
  const row = (i: number) => ({
    model: 'mock',
    input: `[[sim {"tokens":60,"tokens_per_s":60,"tag":"load-${i}"}]] Row ${i}.`,
    params: { max_tokens: 100 },
  });
  const { body } = await user.call.post('/v1/jobs/bulk', { jobs: Array.from({ length: jobs }, (_, i) => row(i)) });
  const ids = (body.data as unknown as { job: { id: string } }[]).map(({ job }) => job.id);
  expect(ids).toHaveLength(jobs);
  const reading = Promise.all(ids.slice(0, readers).map((jobId) => readToEnd({ url: world.url(), key: user.key, jobId })));

  await pause(1000);
  await crash('worker', 'worker');
  await pause(500);
  await crash('api', 'api');
  await pause(500);
  await crash('billing', 'billing');
  await cutDatabaseConnections();

  const endOf = async (id: string) => (await user.call.get(`/v1/jobs/${id}?wait=60`)).body;
  const ended = [];
  for (const id of ids) ended.push(await endOf(id));
  expect(ended.filter(({ status }) => status !== 'completed')).toEqual([]);
  expect(Math.max(...ids.map((_, i) => world.simulator.ledger.calls(`load-${i}`).length))).toBeLessThanOrEqual(3);

  for (const [i, entries] of (await reading).entries()) expect(ended[i]).toMatchObject({ output: { text: textOf(entries) } });

  await expect
    .poll(async () => (await user.call.get('/v1/me')).body, { timeout: 30_000 })
    .toMatchObject({ wallet: { held: '0.0000', open_jobs: 0 } });
  expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
}, 180_000);

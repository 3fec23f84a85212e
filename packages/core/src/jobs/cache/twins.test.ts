import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { execute, sql } from '../../database/index.ts';
import { cancelJob, endOverdueJobs, forgetJob, resolveDueTwins, submitJobs, takeDueJobs, type JobView } from '../index.ts';
import type { JobFixture } from '../job-life.fixture.ts';
import { textOutputOf } from '../job-request.ts';
import { createCacheWorld, failed, type CacheWorld } from './cache-world.fixture.ts';

let world: CacheWorld;
let user: JobFixture;

beforeAll(async () => {
  world = await createCacheWorld();
});
beforeEach(async () => {
  user = await world.enter();
});
afterAll(() => world.close());

const em = () => world.db.em();

test('of 50 that race one runs, and all have its answer', async () => {
  const jobs = (
    await Promise.all(Array.from({ length: 50 }, (_, i) => world.submit([world.submission({ body: { metadata: { i: String(i) } } })])))
  ).flat();
  const leaders = jobs.filter(({ cachedFrom }) => cachedFrom === null);
  expect(leaders).toHaveLength(1);
  const [leader] = leaders as [JobView];
  expect(await takeDueJobs(em(), 1000)).toEqual([]);
  await execute(em(), sql`update jobs set look_at = now() where status = 'queued' and user_id = ${user.userId}`);
  // Nothing but the leader is ever sent to a lane, and nobody gives up waiting while it runs.
  expect(await takeDueJobs(em(), 1000)).toMatchObject([{ jobId: leader.id }]);
  expect(await resolveDueTwins(em(), 1000)).toMatchObject({ answeredIds: [], messages: [] });
  await world.run(leader);
  const { answeredIds, messages } = await world.resolveOf(leader);
  expect([answeredIds.length, messages]).toEqual([49, []]);
  await world.settleAll();
  const ended = await Promise.all(jobs.map(world.jobOf));
  expect(new Set(ended.map(({ output }) => textOutputOf(output)?.text))).toEqual(new Set(['Because.']));
  expect(ended.map(({ cost }) => cost).toSorted()).toEqual([...Array.from({ length: 49 }, () => '0.2500'), '0.5000']);
});

test('strangers that race for one question share one call as well', async () => {
  const strangers = await Promise.all(Array.from({ length: 8 }, () => world.another()));
  const cache = { scope: 'everyone' as const };
  const jobs = (
    await Promise.all(strangers.map((by) => world.submit([world.submission({ by, cache, more: { model: user.model } })])))
  ).flat();
  expect(jobs.filter(({ cachedFrom }) => cachedFrom === null)).toHaveLength(1);
});

test.each([
  ['fails', (job: JobView) => world.run(job, failed)],
  ['is cancelled', async (job: JobView) => void (await cancelJob(em(), { jobId: job.id, userId: job.userId }))],
  [
    'is deleted after its end',
    async (job: JobView) => (await world.run(job), void (await forgetJob(em(), { jobId: job.id, userId: job.userId }))),
  ],
])('when the first %s, exactly one of the others runs, whoever looks', async (_, end) => {
  const [leader, ...twins] = (await world.submit(Array.from({ length: 10 }, () => world.submission()))) as [JobView, ...JobView[]];
  await end(leader);
  const looks = await Promise.all(Array.from({ length: 5 }, () => world.resolveOf(leader)));
  const messages = looks.flatMap((look) => look.messages);
  expect(messages).toHaveLength(1);
  const now = await Promise.all(twins.map(world.jobOf));
  const [heir] = now.filter(({ cachedFrom }) => cachedFrom === null) as [JobView];
  expect(messages).toMatchObject([{ jobId: heir.id, attempt: 1 }]);
  expect(now.filter(({ cachedFrom }) => cachedFrom === heir.id)).toHaveLength(8);
  await world.run(heir);
  expect((await world.resolveOf(heir)).answeredIds).toHaveLength(8);
  await world.settleAll();
});

test('one that looks while another submits takes what is there: nobody is lost, and one runs', async () => {
  const [leader, ...twins] = (await world.submit(Array.from({ length: 20 }, () => world.submission()))) as [JobView, ...JobView[]];
  await world.run(leader, failed);
  const [, ...later] = await Promise.all([
    world.resolveOf(leader),
    ...Array.from({ length: 10 }, () => world.submit([world.submission()])),
  ]);
  const all = [...twins, ...later.flat()];
  for (let look = 0; look < 5; look += 1) {
    await execute(em(), sql`update jobs set look_at = now() where status = 'queued' and cached_from is not null`);
    await resolveDueTwins(em(), 1000);
  }
  const now = await Promise.all(all.map(world.jobOf));
  const heirs = now.filter(({ cachedFrom }) => cachedFrom === null);
  expect(heirs).toHaveLength(1);
  await world.run(heirs[0] as JobView);
  await world.resolveOf(heirs[0] as JobView);
  expect(new Set((await Promise.all(all.map(world.jobOf))).map(({ status }) => status))).toEqual(new Set(['completed']));
  await world.settleAll();
});

test('what should have woken those that wait was lost: the sweep finds them', async () => {
  const [leader, twin] = (await world.submit([world.submission(), world.submission()])) as [JobView, JobView];
  await world.run(leader);
  await execute(em(), sql`update jobs set look_at = now() where id = ${twin.id}`);
  expect((await resolveDueTwins(em(), 1000)).answeredIds).toEqual([twin.id]);
});

test('one that waits ends at its own deadline, and is cancelled by its own user', async () => {
  const [leader, overdue, cancelled] = (await world.submit([world.submission(), world.submission(), world.submission()])) as [
    JobView,
    JobView,
    JobView,
  ];
  await execute(em(), sql`update jobs set deadline_at = now() where id = ${overdue.id}`);
  expect(await endOverdueJobs(em(), 10)).toEqual([overdue.id]);
  await cancelJob(em(), { jobId: cancelled.id, userId: user.userId });
  await world.run(leader);
  expect((await world.resolveOf(leader)).answeredIds).toEqual([]);
  expect(await world.jobOf(overdue)).toMatchObject({ status: 'failed', errorCode: 'deadline_exceeded' });
  expect(await world.jobOf(cancelled)).toMatchObject({ status: 'cancelled' });
  await world.settleAll();
});

test('nobody waits for a job that stands behind less urgent ones', async () => {
  const slow = await world.ask({ body: { priority: 'batch' } });
  const urgent = await world.ask();
  expect(urgent).toMatchObject({ cachedFrom: null });
  expect(await world.ask({ body: { priority: 'batch' } })).toMatchObject({ cachedFrom: urgent.id });
  await world.run(slow);
  await world.run(urgent);
  await world.resolveOf(urgent);
  expect(await world.ask()).toMatchObject({ status: 'completed', cachedFrom: urgent.id });
  await world.settleAll();
});

test('the most urgent of those that wait runs in the place of the first', async () => {
  const leader = await world.ask();
  await world.ask({ body: { priority: 'batch' } });
  const urgent = await world.ask();
  await world.run(leader, failed);
  expect((await world.resolveOf(leader)).messages).toMatchObject([{ jobId: urgent.id, kind: 'interactive' }]);
});

test('one that is refused for lack of credit leaves nobody waiting for it', async () => {
  const poor = await world.another('0.5');
  const results = await submitJobs(em(), [world.submission({ by: poor }), world.submission({ by: poor })]);
  expect(results.map(({ type }) => type)).toEqual(['refused', 'refused']);
  expect(await execute(em(), sql`select from jobs where user_id = ${poor.userId}`)).toEqual([]);
});

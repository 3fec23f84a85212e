import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEvents, readToEnd, textOf } from '../support/read-events.ts';
import { testRedisUrl } from '../support/redis.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let user: TestUser;

beforeAll(async () => {
  // Few places, so that some jobs run while others wait in the queue.
  world = await startWorld('distributed', { WORKER_CONCURRENCY: '6' });
  user = await world.user();
});
afterAll(() => world.close());

/** What FLUSHALL does to this installation; the tests that run beside it keep theirs. */
async function flush(): Promise<number> {
  const redis = new Redis(testRedisUrl());
  let deleted = 0;
  for await (const keys of redis.scanStream({ match: `${world.redisPrefix}*`, count: 1000 })) {
    if ((keys as string[]).length > 0) deleted += await redis.del(...(keys as string[]));
  }
  redis.disconnect();
  return deleted;
}

test('FLUSHALL with jobs queued and running: all reach an end, each with a clean text', async () => {
  const body = { model: 'mock', input: '[[sim {"tokens":120,"tokens_per_s":40}]] Speak.', params: { max_tokens: 200 } };
  const { body: bulk } = await user.call.post('/v1/jobs/bulk', { jobs: Array.from({ length: 20 }, () => body) });
  const ids = (bulk.data as unknown as { job: { id: string } }[]).map(({ job }) => job.id);
  const read = (jobId: string) => readToEnd({ url: world.url(), key: user.key, jobId });
  const readings = Promise.all(ids.map(read));
  for await (const { event } of readEvents({ url: world.url(), key: user.key, jobId: ids[0] ?? '' }))
    if (event.type === 'text-delta') break;

  expect(await flush()).toBeGreaterThan(0);

  const streams = await readings;
  for (const [i, entries] of streams.entries()) {
    const { body: job } = await user.call.get(`/v1/jobs/${ids[i]}`);
    expect(job).toMatchObject({ status: 'completed', output: { text: textOf(entries) } });
    // Who comes late reads the same, from the log or from the row.
    expect(textOf(await read(ids[i] ?? ''))).toBe(textOf(entries));
  }
  expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
}, 120_000);

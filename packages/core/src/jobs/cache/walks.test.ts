import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, sql } from '../../database/index.ts';
import { cancelJob, forgetJob, resolveDueTwins, type JobView } from '../index.ts';
import { createCacheWorld, failed, type CacheWorld } from './cache-world.fixture.ts';

let world: CacheWorld;

beforeAll(async () => {
  world = await createCacheWorld();
});
afterAll(() => world.close());

const em = () => world.db.em();

interface QueuedJob {
  id: string;
  waits: boolean;
}

const queuedOf = (userId: string) =>
  execute<QueuedJob>(
    em(),
    sql`select id, cached_from is not null as waits from jobs where user_id = ${userId} and status = 'queued' order by id`,
  );

const lookAtAll = async () => {
  await execute(em(), sql`update jobs set look_at = now() where status = 'queued' and cached_from is not null`);
  return resolveDueTwins(em(), 1000);
};

type Step = 'submit' | 'answer' | 'fail' | 'cancel' | 'forget' | 'look';

const step = fc.record({ kind: fc.constantFrom<Step>('submit', 'submit', 'answer', 'fail', 'cancel', 'forget', 'look'), pick: fc.nat(20) });

/** Does one thing to one of the jobs. Whoever wants to run one that somebody else has just taken finds it gone, which is no fault here. */
async function take(userId: string, jobs: JobView[], { kind, pick }: { kind: Step; pick: number }): Promise<void> {
  const one = jobs[pick % Math.max(1, jobs.length)];
  if (kind === 'submit') jobs.push(...(await world.submit([world.submission(), world.submission()])));
  else if (kind === 'look') await lookAtAll();
  else if (!one) return;
  else if (kind === 'cancel') await cancelJob(em(), { jobId: one.id, userId });
  else if (kind === 'forget') await forgetJob(em(), { jobId: one.id, userId });
  else {
    const runnable = (await queuedOf(userId)).filter(({ waits }) => !waits);
    const next = runnable[pick % Math.max(1, runnable.length)];
    if (next) await world.run({ ...one, id: next.id, attempt: 1 }, kind === 'fail' ? failed : {}).catch(() => undefined);
  }
}

test('whatever happens at the same time, at most one of those who ask the same runs, and everybody ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 8 }), async (rounds) => {
      const { userId } = await world.enter();
      const jobs: JobView[] = [];
      for (const round of rounds) {
        await Promise.all(round.map((one) => take(userId, jobs, one)));
        const open = (await queuedOf(userId)).filter(({ waits }) => !waits);
        expect(open.length).toBeLessThanOrEqual(1);
      }
      for (let turn = 0; (await queuedOf(userId)).length > 0; turn += 1) {
        expect(turn).toBeLessThan(50);
        const leader = (await queuedOf(userId)).find(({ waits }) => !waits);
        if (leader) await world.run({ ...(jobs[0] as JobView), id: leader.id, attempt: 1 });
        await lookAtAll();
      }
      await world.settleAll();
    }),
    { numRuns: 12 },
  );
}, 60_000);

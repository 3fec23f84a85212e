import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { getWallet, parseCredits, renderCredits } from '../billing/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { getJob, submitJobs } from './index.ts';
import { createJobFixture, type JobFixture } from './job-life.fixture.ts';
import type { SubmitResult } from './submit-jobs.ts';

let store: TestDatabase;
let db: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
});

afterAll(async () => {
  await db.close();
  await store.close();
});

type Accepted = Extract<SubmitResult, { type: 'accepted' }>;

const accepted = (results: SubmitResult[]): Accepted[] => results.filter((result) => result.type === 'accepted');
const credits = async (user: JobFixture, balance: string) =>
  void (await execute(db.em(), sql`update wallets set balance = ${balance} where user_id = ${user.userId}`));

async function holdOfOne(user: JobFixture): Promise<string> {
  const [probe] = accepted(await submitJobs(db.em(), [user.submission()]));
  if (!probe) throw new Error('the probe was refused');
  return probe.job.hold;
}

test('lists without keys that race for the last credits are taken or refused row by row, and no credit is held twice', async () => {
  const user = await createJobFixture(db, 'race', '100');
  const hold = await holdOfOne(user);
  await credits(user, renderCredits(parseCredits(hold) * 101n));
  const lists = Array.from({ length: 40 }, () => submitJobs(db.em(), [user.submission(), user.submission(), user.submission()]));
  const results = (await Promise.all(lists)).flat();
  expect(accepted(results)).toHaveLength(100);
  expect(await getWallet(db.em(), user.userId)).toMatchObject({ available: '0.0000', openJobs: 101 });
  const [sum] = await execute(db.em(), sql`select sum(hold)::text as held, count(*)::int as jobs from jobs where user_id = ${user.userId}`);
  expect(sum).toEqual({ held: (await getWallet(db.em(), user.userId)).held, jobs: 101 });
});

test('lists that name two users in either order end, and each wallet has its own holds', async () => {
  const [one, two] = [await createJobFixture(db, 'one', '1000'), await createJobFixture(db, 'two', '1000')];
  const there = () => submitJobs(db.em(), [one.submission(), two.submission(), two.submission()]);
  const back = () => submitJobs(db.em(), [two.submission(), one.submission()]);
  const results = (await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? there() : back())))).flat();
  expect(accepted(results)).toHaveLength(100);
  expect(await getWallet(db.em(), one.userId)).toMatchObject({ openJobs: 40 });
  expect(await getWallet(db.em(), two.userId)).toMatchObject({ openJobs: 60 });
});

test('every accepted job is told how many its user had open before, as it came', async () => {
  const user = await createJobFixture(db, 'open', '100');
  const [first] = accepted(await submitJobs(db.em(), [user.submission()]));
  const [second, third] = accepted(await submitJobs(db.em(), [user.submission(), user.submission()]));
  expect([first?.openJobs, second?.openJobs, third?.openJobs]).toEqual([0, 1, 1]);
});

test.each([
  ['in debt', 'debt = 1', /in debt/],
  ['without enough', 'balance = 0', /can cost up to/],
])('a wallet %s is told why, and its neighbour is not held up', async (name, change, reason) => {
  const poor = await createJobFixture(db, `poor-${change[0]}`, '100');
  const rich = await createJobFixture(db, `rich-${change[0]}`, '100');
  await execute(db.em(), sql`update wallets set ${sql.raw(change)} where user_id = ${poor.userId}`);
  const [refused, taken] = await submitJobs(db.em(), [poor.submission(), rich.submission()]);
  expect(refused, name).toMatchObject({ type: 'refused', error: { code: 'insufficient_credits', message: expect.stringMatching(reason) } });
  expect(taken).toMatchObject({ type: 'accepted', isNew: true });
  expect(await getWallet(db.em(), poor.userId)).toMatchObject({ held: '0.0000', openJobs: 0 });
});

test('what callers send is stored letter by letter', async () => {
  const user = await createJobFixture(db, 'letters', '100');
  const input = `"quotes", \\back\\slashes\\, {braces}, NULL, 'single', \t tab, \n line, 汉字 😀`;
  const metadata = { 'z "last"': '{1,2}', a: '\\x41' };
  const [result] = accepted(await submitJobs(db.em(), [user.submission({ input, metadata })]));
  const job = await getJob(db.em(), { jobId: result?.job.id ?? '', userId: user.userId });
  expect(JSON.stringify(job.metadata)).toBe(JSON.stringify(metadata));
  const [row] = await execute<{ request: string }>(db.em(), sql`select request::text as request from jobs where id = ${job.id}`);
  expect(JSON.parse(row?.request ?? '')).toMatchObject({ messages: [{ role: 'user', content: input }] });
});

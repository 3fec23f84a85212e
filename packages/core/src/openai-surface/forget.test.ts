import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { cancelJob, forgetJob, forgetOldJobs, getJob, presentJob, submitJobs, unstoredS, type Surface } from '../jobs/index.ts';
import { createJobFixture, type JobFixture } from '../jobs/job-life.fixture.ts';
import { getResponse, getResponseInput } from './get-response.ts';
import { responseIdOf } from './response-ids.ts';
import { forgetTry, keyOfTry } from './retry-attach.ts';
import { storeText } from './stored-items.ts';

let store: TestDatabase;
let db: Database;
let fixture: JobFixture;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 20 });
  fixture = await createJobFixture(db, 'forget', '1000');
});
afterAll(async () => {
  await db?.close();
  await store?.close();
});

const surfaceOf = (isStored: boolean): Surface => ({
  name: 'responses',
  isBackground: true,
  isStored,
  echo: { instructions: 'Secret.' },
  input: [storeText('Secret.')],
  body: {},
});

async function endedResponse(isStored: boolean) {
  const [result] = await submitJobs(db.em(), [{ ...fixture.submission(), surface: surfaceOf(isStored) }]);
  if (result?.type !== 'accepted') throw new Error('refused');
  const owner = { jobId: result.job.id, userId: fixture.userId };
  await cancelJob(db.em(), owner);
  return owner;
}

const ownerOf = ({ jobId, userId }: { jobId: string; userId: string }) => ({ responseId: responseIdOf(jobId), userId });
const textOf = async (jobId: string) => JSON.stringify(await execute(db.em(), sql`select * from jobs where id = ${jobId}`));

test('a response keeps what it repeats and what it was asked with', async () => {
  const owner = await endedResponse(true);
  expect(await getResponse(db.em(), ownerOf(owner))).toMatchObject({ job: { id: owner.jobId }, echo: { instructions: 'Secret.' } });
  expect(await getResponseInput(db.em(), ownerOf(owner))).toEqual([{ ...storeText('Secret.'), id: expect.stringMatching(/^msg_\w+_i0$/) }]);
});

test('a job that was not asked as a response is none', async () => {
  const [result] = await submitJobs(db.em(), [fixture.submission()]);
  if (result?.type !== 'accepted') throw new Error('refused');
  await expect(getResponse(db.em(), ownerOf({ jobId: result.job.id, userId: fixture.userId }))).rejects.toMatchObject({
    code: 'not_found',
    param: 'id',
  });
});

test('deleting takes the content and leaves the row, once', async () => {
  const owner = await endedResponse(true);
  expect(await textOf(owner.jobId)).toContain('Secret.');
  expect([await forgetJob(db.em(), owner), await forgetJob(db.em(), owner)]).toEqual([true, false]);
  expect(await textOf(owner.jobId)).not.toContain('Secret.');
  expect(await getJob(db.em(), owner)).toMatchObject({ status: 'cancelled', deletedAt: expect.any(Date) });
  await expect(getResponse(db.em(), ownerOf(owner))).rejects.toMatchObject({ code: 'not_found' });
});

test('a response in flight, or of somebody else, is not deleted', async () => {
  const [result] = await submitJobs(db.em(), [{ ...fixture.submission(), surface: surfaceOf(true) }]);
  if (result?.type !== 'accepted') throw new Error('refused');
  expect(await forgetJob(db.em(), { jobId: result.job.id, userId: fixture.userId })).toBe(false);
  const { jobId } = await endedResponse(true);
  expect(await forgetJob(db.em(), { jobId, userId: 'usr_other' })).toBe(false);
});

const endedBefore = (jobIds: string[], interval: string) =>
  execute(db.em(), sql`update jobs set finished_at = finished_at - ${interval}::interval where id = any(${jobIds})`);

test('what is not to be stored is forgotten ten minutes after its end, and nothing else is', async () => {
  const unstored = { isStored: false, keptS: unstoredS };
  const [kept, fresh, due] = [await endedResponse(true), await endedResponse(false), await endedResponse(false)];
  await endedBefore([kept.jobId, due.jobId], '11 minutes');
  expect(await forgetOldJobs(db.em(), unstored, 100)).toEqual([due.jobId]);
  expect(await forgetOldJobs(db.em(), unstored, 100)).toEqual([]);
  expect(await textOf(fresh.jobId)).toContain('Secret.');
});

test('what is stored is forgotten when its time is over, the oldest first; what runs never is', async () => {
  const month = { isStored: true, keptS: 30 * 86_400 };
  const [fresh, old, older] = [await endedResponse(true), await endedResponse(true), await endedResponse(true)];
  await submitJobs(db.em(), [fixture.submission()]);
  await endedBefore([old.jobId], '31 days');
  await endedBefore([older.jobId], '32 days');
  expect(await forgetOldJobs(db.em(), month, 1)).toEqual([older.jobId]);
  expect(await forgetOldJobs(db.em(), month, 100)).toEqual([old.jobId]);
  expect(await textOf(old.jobId)).not.toContain('Secret.');
  expect(presentJob(await getJob(db.em(), old))).toMatchObject({ output: null, content_deleted_at: expect.any(String) });
  expect(presentJob(await getJob(db.em(), fresh))).toMatchObject({ content_deleted_at: null });
});

test('a retry has the key of the try before it, until that one is known to be delivered', async () => {
  const tryOf = (retry: number, more: object = {}) =>
    keyOfTry(db.em(), { userId: 'u', apiKeyId: 'k', route: '/v1/responses', body: { a: 1 }, retry, ...more });
  const first = await tryOf(0);
  expect([await tryOf(1), await tryOf(2)]).toEqual([first, first]);
  expect(await tryOf(1)).not.toBe(first);
  expect(await tryOf(3, { body: { a: 2 } })).not.toBe(first);
  expect(await tryOf(3, { apiKeyId: 'other' })).not.toBe(first);
  const other = await tryOf(0);
  expect(other).not.toBe(first);
  await forgetTry(db.em(), first);
  expect(await tryOf(3)).not.toBe(first);
});

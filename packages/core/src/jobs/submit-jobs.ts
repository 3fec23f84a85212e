import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { holdAtOnce, holdCredits, lockWallets, planHolds, type Wallet } from '../billing/index.ts';
import { execute, executeAlone, inTransaction, sql } from '../database/index.ts';
import { ensureDefaultEndpoints } from '../webhooks/index.ts';
import { shareCalls, takeHit } from './cache/decide-place.ts';
import { findCached } from './cache/find-cached.ts';
import { placeDrafts } from './cache/place-drafts.ts';
import { freshJob } from './fresh-job.ts';
import { insertJobs, renderInsert } from './insert-jobs.ts';
import { Job } from './job.entity.ts';
import type { JobView } from './job-view.ts';
import { planJob, type JobDraft, type Submission } from './plan-job.ts';

/** `isNew` is false for the job that an earlier request with the same idempotency key made. */
export type SubmitResult = { type: 'accepted'; job: JobView; openJobs: number; isNew: boolean } | { type: 'refused'; error: AppError };

/**
 * Accepts jobs: one transaction holds the credits and writes the queued rows. Each row stands alone: one that is refused
 * (no credit, a used idempotency key with another body) leaves nothing behind and changes nothing for its neighbours.
 *
 * Wallets are locked first, in id order. Every submit of one user waits there, so the look-up of earlier jobs with the same
 * idempotency key cannot race with the insert below it, and no two callers can spend the same credit.
 *
 * Jobs that use the result cache may take an answer at once, and have ended when this is committed, or wait for another's.
 */
export async function submitJobs(em: EntityManager, submissions: Submission[]): Promise<SubmitResult[]> {
  const planned = submissions.map(planJob);
  return (await submitAtOnce(em, planned)) ?? submitOneByOne(em, planned);
}

/**
 * The same in one statement, for what nothing stands in the way of: no idempotency key and no question of the result cache to
 * look up, no endpoint to make, and wallets that can bear everything. Null, and nothing was written, when that is not so. A round
 * trip where the other way takes five.
 */
async function submitAtOnce(em: EntityManager, drafts: JobDraft[]): Promise<SubmitResult[] | null> {
  if (drafts.length === 0 || drafts.some(needsLookUp)) return null;
  const { parts, isHeld } = holdAtOnce(drafts.map(({ userId, hold }) => ({ userId, amount: hold, jobs: 1 })));
  const wallets = await executeAlone<Pick<Wallet, 'userId' | 'openJobs'>>(
    em,
    sql`with ${parts}, inserted as (${renderInsert(drafts, isHeld)}) select "userId", "openJobs" from wallet where ${isHeld}`,
  );
  if (wallets.length === 0) return null;
  const openJobs = new Map(wallets.map((wallet) => [wallet.userId, wallet.openJobs]));
  return drafts.map((draft) => ({ type: 'accepted', job: freshJob(draft), openJobs: openJobs.get(draft.userId) ?? 0, isNew: true }));
}

const needsLookUp = ({ idempotencyKey, webhookUrl, cache }: JobDraft): boolean =>
  idempotencyKey !== null || webhookUrl !== null || cache !== null;

function submitOneByOne(em: EntityManager, planned: JobDraft[]): Promise<SubmitResult[]> {
  return inTransaction(em, async (tx) => {
    const wallets = await lockWallets(tx, [...new Set(planned.map(({ userId }) => userId))]);
    const cached = await findCached(tx, planned);
    const drafts = planned.map((draft) => takeHit(draft, cached));
    const earlier = await findEarlier(tx, drafts);
    const { firsts, repeats } = splitRepeats(drafts, earlier);
    const verdicts = planHolds(
      wallets,
      firsts.map(({ userId, hold }) => ({ userId, amount: hold })),
    );
    const held = firsts.filter((_, i) => verdicts[i] === 'held');
    const { drafts: accepted, leads } = shareCalls(held, cached);

    await insertJobs(tx, accepted);
    await ensureDefaultEndpoints(
      tx,
      accepted.flatMap(({ userId, webhookUrl }) => (webhookUrl === null ? [] : [userId])),
    );
    await holdCredits(
      tx,
      accepted.map(({ userId, hold }) => ({ userId, amount: hold, jobs: 1 })),
    );
    const hits = held.filter(({ cachedFrom }) => cachedFrom !== null);
    const answered = await placeDrafts(tx, hits, leads);

    const jobs = new Map(held.map(({ id }, i) => [id, answered.get(id) ?? freshJob(accepted[i] as JobDraft)]));
    const results = new Map(firsts.map((draft) => [draft, answerFirst(draft, jobs.get(draft.id), wallets)]));
    for (const { draft, first } of repeats) results.set(draft, answerRepeat(draft, first, results, wallets));
    return drafts.map((draft) => results.get(draft) as SubmitResult);
  });
}

interface Earlier {
  requestHash: string;
  job: JobView;
}

interface Repeat {
  draft: JobDraft;
  first: Earlier | JobDraft;
}

const keyOf = ({ userId, idempotencyKey }: Pick<JobDraft, 'userId' | 'idempotencyKey'>): string => `${userId} ${idempotencyKey}`;

async function findEarlier(tx: EntityManager, drafts: JobDraft[]): Promise<Map<string, Earlier>> {
  const keyed = drafts.filter(({ idempotencyKey }) => idempotencyKey !== null);
  if (keyed.length === 0) return new Map();
  const found = await execute<{ id: string; key: string; userId: string; requestHash: string }>(
    tx,
    sql`select id, user_id as "userId", idempotency_key as key, encode(request_hash, 'hex') as "requestHash" from jobs
        where (user_id, idempotency_key) in (select * from unnest(${keyed.map(({ userId }) => userId)}::text[], ${keyed.map(({ idempotencyKey }) => idempotencyKey)}::text[]))`,
  );
  if (found.length === 0) return new Map();
  const jobs = await tx.find(Job, { id: { $in: found.map(({ id }) => id) } });
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return new Map(
    found.map(({ id, key, userId, requestHash }) => [keyOf({ userId, idempotencyKey: key }), { requestHash, job: byId.get(id) as Job }]),
  );
}

/** Separates what is asked for the first time from what repeats an earlier job, or another row of this same list. */
function splitRepeats(drafts: JobDraft[], earlier: Map<string, Earlier>): { firsts: JobDraft[]; repeats: Repeat[] } {
  const seen = new Map<string, Earlier | JobDraft>(earlier);
  const firsts: JobDraft[] = [];
  const repeats: Repeat[] = [];
  for (const draft of drafts) {
    const first = draft.idempotencyKey === null ? undefined : seen.get(keyOf(draft));
    if (first) repeats.push({ draft, first });
    else firsts.push(draft);
    if (!first && draft.idempotencyKey !== null) seen.set(keyOf(draft), draft);
  }
  return { firsts, repeats };
}

function answerFirst(draft: JobDraft, job: JobView | undefined, wallets: Map<string, Wallet>): SubmitResult {
  return job ? { type: 'accepted', job, openJobs: openJobsOf(draft, wallets), isNew: true } : refuse(draft, wallets);
}

function refuse(draft: JobDraft, wallets: Map<string, Wallet>): SubmitResult {
  const wallet = wallets.get(draft.userId);
  const reason =
    wallet && /[1-9]/.test(wallet.debt)
      ? `The wallet is ${wallet.debt} credits in debt; it must be recharged first.`
      : `This job can cost up to ${draft.hold} credits; ${wallet?.available ?? '0.0000'} are available.`;
  return { type: 'refused', error: new AppError('insufficient_credits', reason) };
}

function answerRepeat(
  draft: JobDraft,
  first: Earlier | JobDraft,
  results: Map<JobDraft, SubmitResult>,
  wallets: Map<string, Wallet>,
): SubmitResult {
  if (first.requestHash !== draft.requestHash) {
    const message = 'This Idempotency-Key was used for another request; use a new key for a new request.';
    return { type: 'refused', error: new AppError('idempotency_mismatch', message) };
  }
  if ('job' in first) return { type: 'accepted', job: first.job, openJobs: openJobsOf(draft, wallets), isNew: false };
  const result = results.get(first) as SubmitResult;
  return result.type === 'accepted' ? { ...result, isNew: false } : result;
}

const openJobsOf = ({ userId }: JobDraft, wallets: Map<string, Wallet>): number => wallets.get(userId)?.openJobs ?? 0;

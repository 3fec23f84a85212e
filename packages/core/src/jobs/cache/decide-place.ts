import type { JobPriority } from '@sluice/contract';
import type { JobDraft } from '../plan-job.ts';
import { costOfHit } from './cache-use.ts';
import type { CachedJob } from './find-cached.ts';

/** A job that becomes the one that answers its question, in the place of another, if there is one. */
export interface Lead {
  jobId: string;
  insteadOf: string | null;
}

/** Gives a job the answer that is there for it, if there is one: it holds what it will cost, which is known. Pure. */
export function takeHit(draft: JobDraft, cached: ReadonlyMap<string, CachedJob>): JobDraft {
  const { cache } = draft;
  const found = cache && cached.get(cache.key);
  if (!found || found.state !== 'answered' || found.ageS === null || found.ageS > Math.min(cache.ttlS, found.ttlS)) return draft;
  return { ...draft, cachedFrom: found.jobId, hold: costOfHit(cache, found.tokens, draft.priority === 'batch') };
}

type Leader = Pick<CachedJob, 'jobId' | 'state' | 'priority'>;

/** Jobs in their order; those that wait for another's answer say so. `leads`: those that others wait for from now on. */
export interface SharedCalls {
  drafts: JobDraft[];
  leads: Lead[];
}

/**
 * Lets jobs that ask the same share one call: the first one runs, unless one runs already, and the others wait for it. They hold
 * what they would cost if they had to run themselves. Pure.
 */
export function shareCalls(held: JobDraft[], cached: ReadonlyMap<string, CachedJob>): SharedCalls {
  const open = new Map<string, Leader>([...cached].filter(([, { state }]) => state === 'queued' || state === 'running'));
  const leads = new Map<string, Lead>();
  const drafts = held.map((draft) => {
    const { id, cache, cachedFrom, priority } = draft;
    if (!cache || cachedFrom !== null) return draft;
    const leader = open.get(cache.key);
    if (leader && mayWaitFor(leader, priority)) return { ...draft, cachedFrom: leader.jobId };
    leads.set(cache.key, { jobId: id, insteadOf: cached.get(cache.key)?.jobId ?? null });
    open.set(cache.key, { jobId: id, state: 'queued', priority });
    return draft;
  });
  return { drafts, leads: [...leads.values()] };
}

const ranks: Record<JobPriority, number> = { interactive: 0, background: 1, batch: 2 };

/** Nobody waits for a job that itself waits behind less urgent ones. */
function mayWaitFor(leader: Leader, priority: JobPriority): boolean {
  return leader.state === 'running' || ranks[leader.priority] <= ranks[priority];
}

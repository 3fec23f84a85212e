import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, sql } from '../../database/index.ts';
import type { LaneMessagePlan } from '../plan-message.ts';
import { answerTwins } from './answer-twins.ts';
import { releaseTwins } from './release-twins.ts';

export interface ResolvedTwins {
  /** Jobs that have their answer now, to be told to their readers. */
  answeredIds: string[];
  /** Of jobs that have to run after all. */
  messages: LaneMessagePlan[];
  deliveries: number;
}

/** For when these jobs have ended: whoever waits for them has their answer, or one of them runs instead. */
export function resolveTwinsOf(em: EntityManager, leaderIds: string[], limit: number): Promise<ResolvedTwins> {
  return resolve(em, sql`twin.cached_from = any(${leaderIds})`, limit);
}

/** The same for those that have waited for a while: what should have woken them was lost with its process. */
export function resolveDueTwins(em: EntityManager, limit: number): Promise<ResolvedTwins> {
  return resolve(em, sql`twin.cached_from is not null and twin.look_at <= now()`, limit);
}

function resolve(em: EntityManager, which: ReturnType<typeof sql>, limit: number): Promise<ResolvedTwins> {
  return inTransaction(em, async (tx) => {
    const answered = await answerTwins(tx, which, limit);
    const messages = await releaseTwins(tx, which, limit);
    return { answeredIds: answered.map(({ jobId }) => jobId), messages, deliveries: answered[0]?.told ?? 0 };
  });
}

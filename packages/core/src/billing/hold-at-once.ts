import type { RawBuilder } from 'kysely';
import { sql } from '../database/index.ts';
import { parseCredits, renderCredits } from './decimal.ts';
import type { Hold } from './hold-credits.ts';

/** The parts of a statement that holds credits: to stand behind `with`, and to ask in its other parts. */
export interface HoldAtOnce {
  /** Among them `wallet`: "userId" and "openJobs", which counts the jobs before these. */
  parts: RawBuilder<unknown>;
  /** True when everything is held, false when nothing is. */
  isHeld: RawBuilder<boolean>;
}

/**
 * Locks wallets in id order and reserves credits in one statement, if each wallet can bear all that is asked of it; one that cannot,
 * or is in debt, or is missing, makes that nothing is held. Then `planHolds` has to say which holds are possible.
 */
export function holdAtOnce(holds: Hold[]): HoldAtOnce {
  const byUser = Map.groupBy(holds, ({ userId }) => userId);
  const wanted = [...byUser].map(([userId, own]) => ({
    userId,
    held: renderCredits(own.reduce((sum, { amount }) => sum + parseCredits(amount), 0n)),
    jobs: own.reduce((sum, { jobs }) => sum + jobs, 0),
  }));
  const isHeld = sql<boolean>`(select "isHeld" from verdict)`;
  const parts = sql`
    want as (
      select * from unnest(${wanted.map(({ userId }) => userId)}::text[], ${wanted.map(({ held }) => held)}::numeric[], ${wanted.map(({ jobs }) => jobs)}::int[])
        as want (user_id, held, open_jobs)
    ), wallet as (
      select w.user_id as "userId", w.open_jobs as "openJobs", w.debt = 0 and w.balance - w.held >= want.held as bears
      from wallets w join want on want.user_id = w.user_id order by w.user_id for no key update of w
    ), verdict as (
      select count(*) = ${wanted.length} and bool_and(bears) as "isHeld" from wallet
    ), reserved as (
      update wallets set held = wallets.held + want.held, open_jobs = wallets.open_jobs + want.open_jobs
      from want where wallets.user_id = want.user_id and ${isHeld}
    )`;
  return { parts, isHeld };
}

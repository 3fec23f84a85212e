import { findUnsettled, settleJobs } from '@sluice/core';
import { createLoop, sleep, type Closers, type Probe } from '@sluice/platform';
import { Counter } from 'prom-client';
import type { BillingParts } from './parts.ts';

/** Rows settled in one transaction at the most. */
const limit = 500;

/** Finished jobs are looked for this often, even if no bell rings. */
const lookMs = 1000;

/** After a list that was not full, jobs that end meanwhile are waited for: nobody waits for a settlement, and one list costs what one job does. */
const gatherMs = 100;

/** Settles finished jobs as they come. Several billing workers share the rows; one is enough for thousands a second. */
export async function startBilling(parts: BillingParts, closers: Closers): Promise<Probe[]> {
  const counter = new Counter({ name: 'sluice_settlements_total', help: 'Jobs settled', registers: [parts.registry] });
  const state = { ...parts, counter, spoilt: new Set<string>() };
  const loop = createLoop({ name: 'settle', intervalMs: lookMs, log: parts.log, turn: (signal) => settleWaiting(state, signal) });
  closers.add('settle loop', () => loop.close());
  closers.add('settle bell', await parts.bell.listen('settle', () => loop.wake()));
  return [{ name: 'settle', lastTurnAt: () => loop.lastTurnAt(), ageMaxMs: 60_000 }];
}

interface Settling extends BillingParts {
  counter: Counter;
  /** Jobs that could not be settled. They wait for a person, and for the next start. */
  spoilt: Set<string>;
}

async function settleWaiting(state: Settling, signal: AbortSignal): Promise<'again' | 'rest'> {
  try {
    const settled = await settleJobs(state.db.em(), { limit, except: [...state.spoilt] });
    state.counter.inc(settled.length);
    if (settled.length === limit) return 'again';
    if (settled.length > 0) await sleep(gatherMs, signal);
    return 'rest';
  } catch (err) {
    state.log.error({ err }, 'a list of settlements failed; settling its jobs one by one');
    return settleOneByOne(state);
  }
}

/** Finds the row that spoils a list, and sets it aside: it alone stays unsettled, and the log names it. */
async function settleOneByOne({ db, log, counter, spoilt }: Settling): Promise<'again' | 'rest'> {
  for (const jobId of await findUnsettled(db.em(), limit)) {
    try {
      counter.inc((await settleJobs(db.em(), { limit: 1, only: jobId })).length);
    } catch (err) {
      // A database that is away spoils nothing: this throws, and the turn is tried again.
      await db.ping();
      spoilt.add(jobId);
      log.error({ err, jobId }, 'job cannot be settled');
    }
  }
  return 'rest';
}

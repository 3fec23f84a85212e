import { findUnsettled, settleJobs } from '@sluice/core';
import { createLoop, type Closers, type Probe } from '@sluice/platform';
import { Counter } from 'prom-client';
import type { BillingParts } from './parts.ts';

/** Rows settled in one transaction at the most. */
const limit = 500;

/** Finished jobs are looked for this often, even if no bell rings. */
const lookMs = 1000;

/** Settles finished jobs as they come. Several billing workers share the rows; one is enough for thousands a second. */
export async function startBilling(parts: BillingParts, closers: Closers): Promise<Probe[]> {
  const settled = new Counter({ name: 'sluice_settlements_total', help: 'Jobs settled', registers: [parts.registry] });
  const loop = createLoop({ name: 'settle', intervalMs: lookMs, log: parts.log, turn: () => settleWaiting(parts, settled) });
  closers.add('settle loop', () => loop.close());
  closers.add('settle bell', await parts.bell.listen('settle', () => loop.wake()));
  return [{ name: 'settle', lastTurnAt: () => loop.lastTurnAt(), ageMaxMs: 60_000 }];
}

async function settleWaiting(parts: BillingParts, counter: Counter): Promise<'again' | 'rest'> {
  try {
    const settled = await settleJobs(parts.db.em(), { limit });
    counter.inc(settled.length);
    return settled.length > 0 ? 'again' : 'rest';
  } catch (err) {
    parts.log.error({ err }, 'a list of settlements failed; settling its jobs one by one');
    return settleOneByOne(parts);
  }
}

/** Finds the row that spoils a list: it alone stays unsettled, and is named in the log every second until it is mended. */
async function settleOneByOne({ db, log }: BillingParts): Promise<'again' | 'rest'> {
  let settled = 0;
  for (const jobId of await findUnsettled(db.em(), limit)) {
    try {
      settled += (await settleJobs(db.em(), { limit: 1, jobIds: [jobId] })).length;
    } catch (err) {
      log.error({ err, jobId }, 'job cannot be settled');
    }
  }
  return settled > 0 ? 'again' : 'rest';
}

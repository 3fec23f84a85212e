import { resolveTwinsOf, type ResolvedTwins } from '@sluice/core';
import type { WorkerParts } from './parts.ts';
import { tellEnd } from './tell-end.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

const rowsMax = 1000;

export type TwinParts = Pick<WorkerParts, 'db' | 'bell' | 'producer' | 'eventLog' | 'settings' | 'log'> & { metrics: WorkerMetrics };

/**
 * For when jobs have ended that others may wait for: these get the answer, or one of them runs instead. It never throws: what was
 * not done is found by the sweep.
 */
export async function serveTwins(parts: TwinParts, leaderIds: string[]): Promise<void> {
  try {
    for (let answered = rowsMax; answered >= rowsMax;) {
      const resolved = await resolveTwinsOf(parts.db.em(), leaderIds, rowsMax);
      await announceTwins(parts, resolved);
      answered = resolved.answeredIds.length;
    }
  } catch (err) {
    parts.log.warn({ err, jobIds: leaderIds }, 'jobs that wait for an answer were not served; the sweep will do it');
  }
}

/** Tells of jobs that wait no more: billing, webhooks and readers of those that have ended, the lanes of those that run. */
export async function announceTwins(parts: TwinParts, { answeredIds, messages, deliveries }: ResolvedTwins): Promise<void> {
  parts.metrics.twinsResolved({ answered: answeredIds.length, released: messages.length });
  if (messages.length > 0) await parts.producer.send(messages);
  if (answeredIds.length > 0) parts.bell.ring('settle');
  if (deliveries > 0) parts.bell.ring('deliveries');
  for (const jobId of answeredIds) await tellEnd(parts, jobId);
}

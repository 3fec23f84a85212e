import { presentUsage, type JobEndEvent } from '@sluice/contract';
import { textOutputOf, type FinishedAttempt } from '@sluice/core';
import { appendJobEnd, type EventWriter } from '@sluice/events';
import { eventRetentionS } from './event-retention.ts';
import { renderAttemptEnd } from './render-attempt-end.ts';
import type { EndedAttempt } from './worker-metrics.ts';
import type { WorkerState } from './worker-state.ts';

interface Ending extends EndedAttempt {
  writer: EventWriter;
}

/**
 * Writes the end of an attempt, in the order that loses nothing: first the log holds the whole answer, then the row says how it
 * ended, then readers hear of the end. A crash between the first two is mended from the log, one after the second by whoever
 * sees the row.
 */
export async function finishAttempt(state: WorkerState, { job, finished, startedAt, writer }: Ending): Promise<void> {
  for (const event of renderAttemptEnd(finished)) writer.write(event);
  await writer.flush();
  if (writer.isFenced) return;
  const won = await state.finish.add(finished);
  state.metrics.attemptEnded({ job, finished, startedAt });
  if (!won) return;
  if (won.message) await state.producer.send([won.message]);
  else state.bell.ring('settle');
  if (won.deliveries) state.bell.ring('deliveries');
  const end = renderEnd(finished);
  if (!end) return;
  const { jobId, attempt, cacheTtlS } = job;
  const told = appendJobEnd(state.eventLog, { jobId, attempt, event: end, retentionS: eventRetentionS(state.settings, job) });
  // Those that wait for the answer wait for the row, not for the log.
  await Promise.all([told, cacheTtlS === null ? null : state.twins.add(jobId)]);
}

/** The same as what core renders from the row, which need not be read for it. */
function renderEnd({ attempt, next, tokens, usageSource }: FinishedAttempt): JobEndEvent | null {
  if (next.to === 'queued') return null;
  const { to: status, output, error, used = { tokens, usageSource } } = next;
  return {
    type: 'job-end',
    attempt,
    status,
    finish_reason: textOutputOf(output)?.finish_reason ?? null,
    usage: presentUsage(used.tokens, used.usageSource),
    error,
  };
}

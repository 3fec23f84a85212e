import { presentUsage, type JobEvent } from '@sluice/contract';
import { errorCodeOf, textOutputOf, type FinishedAttempt } from '@sluice/core';

/** What readers are told at the end of an attempt: the usage of an answer, or why there will be another attempt. */
export function renderAttemptEnd({ attempt, next, failure, message, tokens, usageSource }: FinishedAttempt): JobEvent[] {
  if (next.to !== 'queued') {
    if (!next.output) return [];
    return [
      { type: 'usage', attempt, usage: presentUsage(tokens, usageSource), finish_reason: textOutputOf(next.output)?.finish_reason ?? null },
    ];
  }
  const code = next.repair ? 'output_invalid' : failure === null || failure === 'cancelled' ? 'worker_lost' : errorCodeOf(failure);
  return [{ type: 'attempt-error', attempt, code, message: message ?? '', retry_in_ms: next.delayMs }];
}

import type { JobEventEntry } from '@sluice/contract';
import type { EventLog } from './event-log.ts';
import { followJob, type FollowOptions } from './follow-job.ts';

export type FollowStep = JobEventEntry | { type: 'heartbeat' | 'gone' };
export type StepOptions = Omit<FollowOptions, 'onEntries'>;

/** Follows for a loop that takes one step after the other, as slowly as it likes. Who leaves the loop leaves the job. */
export async function* stepsOf(log: EventLog, options: StepOptions): AsyncGenerator<FollowStep, void, undefined> {
  const steps: FollowStep[] = [];
  const left = new AbortController();
  let came = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  let isOver = false;

  function give(given: FollowStep[]): Promise<void> {
    steps.push(...given);
    taken = Promise.withResolvers();
    came.resolve();
    return taken.promise;
  }

  async function onHeartbeat(): Promise<'gone' | void> {
    const answer = await options.onHeartbeat();
    if (!answer) await give([{ type: 'heartbeat' }]);
    return answer;
  }

  const signal = AbortSignal.any([options.signal, left.signal]);
  const following = followJob(log, { ...options, signal, onHeartbeat, onEntries: give }).then((end) => {
    if (end === 'gone') steps.push({ type: 'gone' });
    isOver = true;
    came.resolve();
  });
  try {
    while (steps.length > 0 || !isOver) {
      for (let step = steps.shift(); step; step = steps.shift()) yield step;
      came = Promise.withResolvers();
      taken.resolve();
      if (!isOver) await Promise.race([came.promise, following]);
    }
  } finally {
    left.abort();
  }
}

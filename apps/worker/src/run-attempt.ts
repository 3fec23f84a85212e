import { noTokens } from '@sluice/contract';
import { renderAnswer } from '@sluice/core';
import { createEventWriter, type EventWriter } from '@sluice/events';
import type { Attempt } from './attempt.ts';
import type { AttemptResult } from './attempt-result.ts';
import { askProvider } from './ask-provider.ts';
import { checkOutput } from './check-output.ts';
import { estimateIfNeeded } from './estimate-usage.ts';
import { eventRetentionS } from './event-retention.ts';
import { findEarlierAttempt } from './find-earlier-attempt.ts';
import { finishAttempt } from './finish-attempt.ts';
import { planFinish, type AttemptFacts } from './plan-finish.ts';
import { stopReasonOf } from './running-attempts.ts';
import { treatKey } from './treat-key.ts';
import type { WorkerState } from './worker-state.ts';

/** So many characters of a batch's row are logged together: hardly anybody reads along with one, and each append costs (decision 0021). */
const batchRowChars = 1000;

/**
 * Runs one claimed attempt from its provider call to the row that says how it ended. Answers the tokens it used, for admission.
 *
 * An attempt that was taken away (lease lost, or fenced by a newer attempt's events) writes nothing more: whoever took it decides.
 */
export async function runAttempt(state: WorkerState, attempt: Attempt): Promise<number> {
  const { job } = attempt;
  const controller = state.running.start(job.jobId);
  const startedAt = state.clock();
  const writer = createEventWriter(state.eventLog, {
    jobId: job.jobId,
    attempt: job.attempt,
    retentionS: eventRetentionS(state.settings, job),
    heldChars: job.batchId === null ? 0 : batchRowChars,
    onFenced: () => controller.abort('fenced'),
  });
  try {
    const facts = await produce(state, attempt, writer, controller.signal);
    if (facts.stopped === 'lease-lost' || facts.stopped === 'fenced') return 0;
    const finished = planFinish(await checkOutput(state, facts), Math.random());
    await finishAttempt(state, { job, finished, startedAt, writer });
    return finished.tokens.input_tokens + finished.tokens.output_tokens;
  } finally {
    state.running.end(job.jobId, controller);
  }
}

async function produce(state: WorkerState, attempt: Attempt, writer: EventWriter, signal: AbortSignal): Promise<AttemptFacts> {
  const { job, lane, lease, key } = attempt;
  const startedAt = state.clock().getTime();
  const deadlineLeft = () => job.deadlineInMs - (state.clock().getTime() - startedAt);
  const earlier = job.attempt > 1 ? await findEarlierAttempt(state.eventLog, job.jobId, job.attempt) : null;
  const base = { job, firstTokenAt: null, deadlineInMs: deadlineLeft(), estimate: noTokens, hasOtherKey: false };
  if (earlier?.finished) {
    const { result, output } = earlier.finished;
    for (const event of renderAnswer(job, output)) writer.write(event);
    await treatKey(state, { lane, lease, key, result: null });
    const estimate = await estimateIfNeeded({ result, job, model: lease.model, answer: output });
    return { ...base, result, output, hasOutput: true, stopped: null, estimate };
  }
  if (earlier?.hasOutput && job.onStreamFailure === 'fail') {
    await treatKey(state, { lane, lease, key, result: null });
    return { ...base, result: brokenOff, output: null, hasOutput: true, stopped: null };
  }
  const refusal = (await state.moderation?.findRefusal(job, signal)) ?? null;
  if (refusal) {
    await treatKey(state, { lane, lease, key, result: null });
    return { ...base, result: refusal, output: null, hasOutput: false, stopped: stopReasonOf(signal) };
  }
  const said = await askProvider(state, attempt, writer, signal);
  await treatKey(state, { lane, lease, key, result: said.result });
  const answer = { ...said, result: nameOwnKey(said.result, attempt) };
  const { result, output } = answer;
  const estimate = output ? await estimateIfNeeded({ result, job, model: lease.model, answer: output }) : noTokens;
  const hasOtherKey = lane.keys.some(({ id }) => id !== lease.keyId);
  return { ...base, ...answer, estimate, hasOtherKey, deadlineInMs: deadlineLeft(), stopped: stopReasonOf(signal) };
}

/** The answer of a lost attempt cannot be taken back from its readers, so the job must fail; nothing is charged for it. */
const brokenOff: AttemptResult = {
  type: 'failed',
  kind: 'truncated',
  message: 'The answer broke off and cannot be started again.',
  retryAfterMs: null,
  tokens: null,
};

/** Who reads that a key was refused should know that it was theirs. */
function nameOwnKey(result: AttemptResult, { key, lane }: Attempt): AttemptResult {
  if (!key.own || result.type === 'finished' || !(result.kind === 'auth' || result.kind === 'quota')) return result;
  const what = result.kind === 'auth' ? 'was refused' : 'has no quota left';
  return { ...result, message: `Your own key for ${lane.name} ${what}: ${result.message}` };
}

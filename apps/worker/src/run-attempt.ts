import { createOutputFold, noTokens, type JobOutput, type TokenCounts } from '@sluice/contract';
import { renderAnswer, type ClaimedJob } from '@sluice/core';
import { createEventWriter, type EventWriter } from '@sluice/events';
import { estimateTokens } from '@sluice/providers';
import type { AttemptResult } from './attempt-result.ts';
import { callProvider } from './call-provider.ts';
import { findEarlierAttempt } from './find-earlier-attempt.ts';
import { finishAttempt } from './finish-attempt.ts';
import type { Lane } from './lanes.ts';
import { planFinish, type AttemptFacts } from './plan-finish.ts';
import { stopReasonOf } from './running-attempts.ts';
import type { WorkerState } from './worker-state.ts';

export interface Attempt {
  job: ClaimedJob;
  lane: Lane;
  keyId: string;
}

/**
 * Runs one claimed attempt from its provider call to the row that says how it ended. Answers the tokens it used, for admission.
 *
 * An attempt that was taken away (lease lost, or fenced by a newer attempt's events) writes nothing more: whoever took it decides.
 */
export async function runAttempt(state: WorkerState, { job, lane, keyId }: Attempt): Promise<number> {
  const controller = state.running.start(job.jobId);
  const startedAt = state.clock();
  const writer = createEventWriter(state.eventLog, {
    jobId: job.jobId,
    attempt: job.attempt,
    retentionS: state.settings.EVENT_RETENTION_S,
    onFenced: () => controller.abort('fenced'),
  });
  try {
    const facts = await produce(state, { job, lane, keyId }, writer, controller.signal);
    if (facts.stopped === 'lease-lost' || facts.stopped === 'fenced') return 0;
    const finished = planFinish(facts, Math.random());
    await finishAttempt(state, { job, finished, startedAt, writer });
    return finished.tokens.input_tokens + finished.tokens.output_tokens;
  } finally {
    state.running.end(job.jobId);
  }
}

async function produce(state: WorkerState, attempt: Attempt, writer: EventWriter, signal: AbortSignal): Promise<AttemptFacts> {
  const { job } = attempt;
  const startedAt = state.clock().getTime();
  const deadlineLeft = () => job.deadlineInMs - (state.clock().getTime() - startedAt);
  const earlier = job.attempt > 1 ? await findEarlierAttempt(state.eventLog, job.jobId, job.attempt - 1) : null;
  const base = { job, firstTokenAt: null, deadlineInMs: deadlineLeft(), estimate: noTokens };
  if (earlier?.finished) {
    const { result, output } = earlier.finished;
    for (const event of renderAnswer(job, output)) writer.write(event);
    return { ...base, result, output, hasOutput: true, stopped: null, estimate: await estimateIfNeeded(result, job, output) };
  }
  if (earlier?.hasOutput && job.onStreamFailure === 'fail') return { ...base, result: brokenOff, output: null, hasOutput: true, stopped: null };
  const answer = await ask(state, attempt, writer, signal);
  const estimate = answer.output ? await estimateIfNeeded(answer.result, job, answer.output) : noTokens;
  return { ...base, ...answer, estimate, deadlineInMs: deadlineLeft(), stopped: stopReasonOf(signal) };
}

/** The answer of a lost attempt cannot be taken back from its readers, so the job must fail; nothing is charged for it. */
const brokenOff: AttemptResult = {
  type: 'failed',
  kind: 'truncated',
  message: 'The answer broke off and cannot be started again.',
  retryAfterMs: null,
  tokens: null,
};

async function ask(state: WorkerState, { job, lane, keyId }: Attempt, writer: EventWriter, signal: AbortSignal) {
  const fold = createOutputFold();
  let firstTokenAt: Date | null = null;
  const { attempt } = job;
  const { model } = job.routes[job.route] ?? { model: '' };
  writer.write({ type: 'attempt-start', attempt, provider: lane.name, model });
  const result = await callProvider({
    chatClient: state.chatClient,
    call: callOf(job, lane, keyId, model),
    attempt,
    signal,
    onEvent: (event) => {
      firstTokenAt ??= state.clock();
      fold.add(event);
      writer.write(event);
    },
  });
  const hasOutput = fold.hasOutput();
  const output = result.type === 'finished' ? fold.render(result.reason) : hasOutput ? fold.render(null) : null;
  return { result, output, hasOutput, firstTokenAt };
}

function callOf(job: ClaimedJob, { baseUrl, keys }: Lane, keyId: string, model: string) {
  return {
    baseUrl,
    apiKey: keys.find(({ id }) => id === keyId)?.secret ?? '',
    model,
    messages: job.request.messages,
    params: job.request.params,
    maxTokens: job.maxTokens,
    timeouts: { ...timeouts, totalMs: Math.max(1, job.deadlineInMs) },
  };
}

const timeouts = { connectMs: 10_000, firstTokenMs: 120_000, idleMs: 60_000 };

async function estimateIfNeeded(result: AttemptResult, job: ClaimedJob, output: JobOutput): Promise<TokenCounts> {
  return result.tokens ? noTokens : estimateTokens({ messages: job.request.messages, tools: job.request.params.tools, output });
}

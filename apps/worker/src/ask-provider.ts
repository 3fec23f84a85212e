import { createOutputFold } from '@sluice/contract';
import { repairMessages, type ClaimedJob, type JobResult, type JobWork } from '@sluice/core';
import type { EventWriter } from '@sluice/events';
import type { ChatTimeouts } from '@sluice/providers';
import type { Attempt } from './attempt.ts';
import type { AttemptResult } from './attempt-result.ts';
import { callProvider } from './call-provider.ts';
import { callWhole } from './call-whole.ts';
import { screenAnswer } from './screen-answer.ts';
import type { WorkerState } from './worker-state.ts';

/** What came of asking, before anything is decided. */
export interface ProviderSaid {
  result: AttemptResult;
  output: JobResult | null;
  /** Whether readers may have seen some of it. */
  hasOutput: boolean;
  firstTokenAt: Date | null;
}

type TextJob = ClaimedJob & Extract<JobWork, { kind: 'text' }>;
type OtherJob = ClaimedJob & Exclude<JobWork, { kind: 'text' }>;

/** Asks the provider, as the kind of the job wants it: a chat is told to its readers as it comes, anything else is there at once. */
export function askProvider(state: WorkerState, asked: Attempt, writer: EventWriter, signal: AbortSignal): Promise<ProviderSaid> {
  const { job, lane, lease } = asked;
  writer.write({ type: 'attempt-start', attempt: job.attempt, provider: lane.name, model: lease.model });
  const call = { ...endpointOf(asked), timeouts: timeoutsOf(state, job) };
  return job.kind === 'text' ? chat(state, { job, call, writer, signal }) : askOnce(state, { job, call, signal });
}

type CallBase = ReturnType<typeof endpointOf> & { timeouts: ChatTimeouts };

async function chat(
  state: WorkerState,
  { job, call, writer, signal }: { job: TextJob; call: CallBase; writer: EventWriter; signal: AbortSignal },
): Promise<ProviderSaid> {
  const fold = createOutputFold();
  let firstTokenAt: Date | null = null;
  const { params } = job.request;
  const messages = [...job.request.messages, ...(job.repair ? repairMessages(job.repair.output) : [])];
  const answer = screenAnswer(state.wordRules.output(), job.attempt, (event) => {
    fold.add(event);
    writer.write(event);
  });
  const result = await callProvider({
    chatClient: state.chatClient,
    call: { ...call, messages, params, maxTokens: job.maxTokens },
    attempt: job.attempt,
    signal,
    onEvent: (event) => {
      firstTokenAt ??= state.clock();
      answer.take(event);
    },
    isBlocked: answer.isBlocked,
  });
  answer.end();
  const hasOutput = fold.hasOutput();
  const output = result.type === 'finished' ? fold.render(result.reason) : hasOutput ? fold.render(null) : null;
  return { result, output, hasOutput, firstTokenAt };
}

/** Its readers see none of it before the end, so there is nothing to take back. */
async function askOnce(
  state: WorkerState,
  { job, call, signal }: { job: OtherJob; call: CallBase; signal: AbortSignal },
): Promise<ProviderSaid> {
  const { result, output } = await callWhole({ chatClient: state.chatClient, call, work: job, signal });
  return { result, output, hasOutput: false, firstTokenAt: output && state.clock() };
}

function endpointOf({ lane: { baseUrl, quirks }, lease: { model }, key }: Attempt) {
  return { baseUrl, quirks, apiKey: key.secret, model };
}

const connectMs = 10_000;

function timeoutsOf({ settings }: WorkerState, { deadlineInMs }: ClaimedJob): ChatTimeouts {
  return {
    connectMs,
    firstTokenMs: settings.PROVIDER_FIRST_TOKEN_S * 1000,
    idleMs: settings.PROVIDER_IDLE_S * 1000,
    totalMs: Math.max(1, deadlineInMs),
  };
}

import { noTokens, type ErrorCode, type JobOutput, type TokenCounts, type UsageSource } from '@sluice/contract';
import { addUsage, decideRetry, renderFault, textOutputOf, type ClaimedJob, type FinishedAttempt, type JobResult } from '@sluice/core';
import type { AttemptResult } from './attempt-result.ts';
import type { StopReason } from './running-attempts.ts';

export interface AttemptFacts {
  job: ClaimedJob;
  result: AttemptResult;
  stopped: StopReason | null;
  /** What the job's row is to show; null when there is nothing. */
  output: JobResult | null;
  /** Whether readers may have seen some of the answer. */
  hasOutput: boolean;
  /** Whether the provider has a key besides the one that was used. */
  hasOtherKey: boolean;
  /** Counted by a tokenizer, for when the provider sent none. */
  estimate: TokenCounts;
  firstTokenAt: Date | null;
  deadlineInMs: number;
}

type Failed = Extract<AttemptResult, { type: 'failed' }>;

/** Decides what becomes of a job after one attempt. Pure; `random` is in [0, 1). */
export function planFinish(facts: AttemptFacts, random: number): FinishedAttempt {
  const finished = planAttempt(facts, random);
  const { repair } = facts.job;
  if (!repair || finished.next.to === 'queued') return finished;
  return { ...finished, next: { ...finished.next, used: addUsage(finished, repair) } };
}

function planAttempt(facts: AttemptFacts, random: number): FinishedAttempt {
  const { result, stopped } = facts;
  if (result.type === 'finished') return planFinished(facts, result);
  if (stopped === 'cancel') return { ...planEnd(facts, result), outcome: 'cancelled', next: endAs(facts, 'cancelled', null) };
  if (stopped === 'shutdown') return planGivenBack(facts, result);
  return planFailed(facts, result, random);
}

function planFinished(facts: AttemptFacts, { reason, tokens, requestId }: Extract<AttemptResult, { type: 'finished' }>): FinishedAttempt {
  const isWhole = reason === 'stop' || reason === 'tool_calls';
  const usage = usageOf(tokens, facts.estimate);
  const wrong = wrongOutputOf(facts.output);
  return {
    ...baseOf(facts),
    outcome: isWhole ? 'completed' : 'incomplete',
    failure: null,
    message: wrong && misfit(wrong),
    ...usage,
    requestId,
    next: wrong ? planWrong(facts, wrong, usage) : endAs(facts, isWhole ? 'completed' : 'incomplete', null),
  };
}

/** An answer that does not fit its schema: shown to the model once, where that was asked for and readers can take it back. */
function planWrong({ job, deadlineInMs }: AttemptFacts, output: JobOutput, usage: ReturnType<typeof usageOf>): FinishedAttempt['next'] {
  const canRepair = checkOf(job)?.repair && !job.repair && job.onStreamFailure === 'restart' && deadlineInMs > 0;
  return canRepair ? { to: 'queued', route: job.route, delayMs: 0, repair: { output, ...usage } } : endWrong(job, output);
}

function endWrong(job: ClaimedJob, output: JobOutput): End {
  if (checkOf(job)?.on_invalid !== 'fail') return { to: 'completed', output, error: null };
  return { to: 'failed', output, error: { code: 'output_invalid', message: misfit(output) } };
}

function wrongOutputOf(output: JobResult | null): JobOutput | null {
  const text = textOutputOf(output);
  return text?.schema_valid === false ? text : null;
}

const checkOf = (job: ClaimedJob) => (job.kind === 'text' ? job.request.check : undefined);

function misfit({ schema_errors: faults = [] }: JobOutput): string {
  return `The answer does not fit the JSON schema: ${faults.map(renderFault).join('; ')}`.slice(0, 500);
}

/** Handed back because this worker stops: not the job's fault, so no failure is counted, unless its readers cannot take text back. */
function planGivenBack(facts: AttemptFacts, result: Failed): FinishedAttempt {
  const { job, hasOutput } = facts;
  if (hasOutput && job.onStreamFailure === 'fail') {
    const error = { code: 'worker_lost' as const, message: 'The worker that ran this job was stopped in the middle of the answer.' };
    return { ...planEnd(facts, result), outcome: 'failed', next: endAs(facts, 'failed', error) };
  }
  return { ...planEnd(facts, result), outcome: 'given_back', next: { to: 'queued', route: job.route, delayMs: 0 } };
}

function planFailed(facts: AttemptFacts, result: Failed, random: number): FinishedAttempt {
  const { job, hasOutput, hasOtherKey, deadlineInMs } = facts;
  const { onStreamFailure, failures, maxAttempts, route } = job;
  const routesCount = job.routes.length;
  const failed = { ...result, hasOutput, onStreamFailure, failures, maxAttempts, hasOtherKey, route, routesCount, deadlineInMs };
  const decision = decideRetry(failed, random);
  const next =
    decision.type === 'retry'
      ? { to: 'queued' as const, route: decision.route, delayMs: decision.delayMs }
      : endFailed(facts, decision.code, result);
  return { ...planEnd(facts, result), outcome: 'failed', next };
}

/** What could not be repaired is there all the same. */
function endFailed(facts: AttemptFacts, code: ErrorCode, { message }: Failed): End {
  const { job } = facts;
  return job.repair ? endWrong(job, job.repair.output) : endAs(facts, 'failed', { code, message });
}

/** An attempt that broke off: the provider's own counts if it sent them, else an estimate of what was delivered, else nothing. */
function planEnd(facts: AttemptFacts, { kind, message, tokens }: Failed): Omit<FinishedAttempt, 'next' | 'outcome'> {
  const usage = tokens || facts.output ? usageOf(tokens, facts.estimate) : { tokens: noTokens, usageSource: 'none' as const };
  return { ...baseOf(facts), failure: kind, message, ...usage, requestId: null };
}

function baseOf({ job, firstTokenAt }: AttemptFacts) {
  return { jobId: job.jobId, attempt: job.attempt, firstTokenAt };
}

function usageOf(tokens: TokenCounts | null, estimate: TokenCounts): { tokens: TokenCounts; usageSource: UsageSource } {
  return tokens ? { tokens, usageSource: 'provider' } : { tokens: estimate, usageSource: 'estimated' };
}

type End = Exclude<FinishedAttempt['next'], { to: 'queued' }>;

function endAs({ output }: AttemptFacts, to: End['to'], error: End['error']): End {
  return { to, output, error };
}

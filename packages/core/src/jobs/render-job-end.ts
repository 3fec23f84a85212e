import { isEnd, presentUsage, type JobEndEvent, type JobEvent, type JobOutput } from '@sluice/contract';
import { errorOf, tokensOf } from './present-job.ts';
import { textOutputOf, type JobResult } from './job-request.ts';
import type { JobView } from './job-view.ts';

/** The last event of a job, made from its row; null while it has not ended. Whoever sees the end may write it: it is always the same. */
export function renderJobEnd(job: JobView): JobEndEvent | null {
  if (!isEnd(job.status)) return null;
  return {
    type: 'job-end',
    attempt: job.attempt,
    status: job.status,
    finish_reason: job.finishReason ?? null,
    usage: presentUsage(tokensOf(job), job.usageSource),
    error: errorOf(job),
  };
}

/** A finished job's stream without its log: the whole answer at once. */
export function renderSnapshot(job: JobView): JobEvent[] {
  const end = renderJobEnd(job);
  if (!end) return [];
  const { attempt, usage, finish_reason } = end;
  const told: JobEvent[] = job.output ? [{ type: 'usage', attempt, usage, finish_reason }] : [];
  return [...renderAnswer(job, job.output ?? null), ...told, end];
}

/** An attempt's whole answer at once, with the start that resets readers. Only a chat's answer is told in events. */
export function renderAnswer(
  { attempt, routes, route }: Pick<JobView, 'attempt' | 'routes' | 'route'>,
  output: JobResult | null,
): JobEvent[] {
  const { provider = '', model = '' } = routes[route] ?? {};
  const start: JobEvent = { type: 'attempt-start', attempt, provider, model };
  const text = textOutputOf(output);
  return text ? [start, ...outputEvents(attempt, text)] : [start];
}

function outputEvents(attempt: number, output: JobOutput): JobEvent[] {
  const reasoning: JobEvent[] = output.reasoning ? [{ type: 'reasoning-delta', attempt, delta: output.reasoning }] : [];
  const text: JobEvent[] = output.text ? [{ type: 'text-delta', attempt, delta: output.text }] : [];
  const tools = output.tool_calls.map((call, index): JobEvent => ({ type: 'tool-delta', attempt, index, ...call }));
  return [...reasoning, ...text, ...tools];
}

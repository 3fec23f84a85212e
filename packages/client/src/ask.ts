import { JobFailedError, SluiceError } from './errors.ts';
import type { EventsOptions } from './follow-events.ts';
import type { Jobs } from './jobs.ts';
import { textOutput } from './text-output.ts';
import type { CreateOptions } from './transport.ts';
import { isEnded } from './wait-for-job.ts';
import type { Job, JobRequest } from './wire.ts';

/** The question is the first argument; the rest of a job is here. */
export type AskOptions = Omit<JobRequest, 'input'> & Pick<CreateOptions, 'idempotencyKey' | 'signal'>;

export interface Ask {
  /** Text in, text out. @throws JobFailedError when the job ended without an answer */
  (input: string, options: AskOptions): Promise<string>;
  /** Text in, pieces of text out as they come. Leaving the loop does not cancel the job. */
  stream(
    input: string,
    options: AskOptions & Pick<EventsOptions, 'silenceMs'> & { onJob?: (job: Job) => void },
  ): AsyncGenerator<string, Job, undefined>;
}

export function createAsk(jobs: Jobs): Ask {
  async function ask(input: string, { idempotencyKey, signal, ...request }: AskOptions): Promise<string> {
    const options = { ...(idempotencyKey !== undefined && { idempotencyKey }), ...(signal && { signal }) };
    const first = await jobs.create({ ...bodyOf(request, input), ...request }, { ...options, waitS: 25 });
    const job = isEnded(first) ? first : await jobs.wait(first.id, signal ? { signal } : {});
    return textOf(job);
  }

  return Object.assign(ask, {
    async *stream(input: string, { idempotencyKey, signal, silenceMs, onJob, ...request }: Parameters<Ask['stream']>[1]) {
      const options = { ...(idempotencyKey !== undefined && { idempotencyKey }), ...(signal && { signal }) };
      // What was shown cannot be taken back, so a provider that breaks off in the middle ends the job, unless the caller says otherwise.
      const { id } = await submit({ on_stream_failure: 'fail', ...bodyOf(request, input), ...request }, options);
      const told = createTeller();
      for await (const { event } of jobs.events(id, { ...(signal && { signal }), ...(silenceMs !== undefined && { silenceMs }) })) {
        if (event.type === 'attempt-start') told.startOver();
        if (event.type === 'text-delta') {
          const news = told.add(event.delta);
          if (news === null) throw restarted(id);
          if (news !== '') yield news;
        }
      }
      const job = await jobs.get(id, signal ? { signal } : {});
      textOf(job);
      if (!told.isWhole()) throw restarted(id);
      return job;

      async function submit(body: JobRequest, createOptions: CreateOptions): Promise<Job> {
        const job = await jobs.create(body, createOptions);
        onJob?.(job);
        return job;
      }
    },
  });
}

const bodyOf = (request: object, input: string) => ('messages' in request && input === '' ? {} : { input });

function textOf(job: Job): string {
  if (job.status === 'failed' || job.status === 'cancelled') throw new JobFailedError(job);
  return textOutput(job)?.text ?? '';
}

const restarted = (jobId: string) =>
  new SluiceError(`The answer was started over and differs from what was shown; read it from the job ${jobId}.`, { code: 'restarted' });

/** Turns an answer that may be told again from its start into what is new of it; null when it is told differently. */
function createTeller() {
  let shown = '';
  let at = 0;
  return {
    startOver: () => void (at = 0),
    add(delta: string): string | null {
      const known = Math.min(delta.length, shown.length - at);
      if (shown.slice(at, at + known) !== delta.slice(0, known)) return null;
      at += delta.length;
      const news = delta.slice(known);
      shown += news;
      return news;
    },
    isWhole: () => at === shown.length,
  };
}

import type { Job } from './wire.ts';

type TextOutput = NonNullable<Extract<Job, { kind: 'text' }>['output']>;

/** What a chat answered; null before its end, and for a job of another kind. */
export const textOutput = (job: Job): TextOutput | null => (job.kind === 'text' ? job.output : null);

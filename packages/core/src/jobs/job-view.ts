import type { Job } from './job.entity.ts';

/** What readers see of a job: the row without what was asked, which may be megabytes. */
export type JobView = Pick<Job, Exclude<Extract<keyof Job, string>, 'request' | 'surfaceEcho' | 'surfaceInput'>>;

import { Job } from '../jobs/job.entity.ts';

/** Every entity of every feature; a feature adds its own here. */
export const entities = [Job];

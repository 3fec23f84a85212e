import { Job } from '../jobs/job.entity.ts';
import { ApiKey } from '../users/api-key.entity.ts';
import { User } from '../users/user.entity.ts';

/** Every entity of every feature; a feature adds its own here. */
export const entities = [ApiKey, Job, User];

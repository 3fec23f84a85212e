import type { JobPriority } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** Which attempt of which job: all that a message says. */
export interface AttemptRef {
  jobId: string;
  attempt: number;
}

/** What admission needs to know of an attempt that waits to run. */
export interface WaitingAttempt extends AttemptRef {
  userId: string;
  /** Whether only keys that its user has brought may be used. */
  usesOwnKey: boolean;
  providerId: string;
  /** The provider's name for the model. */
  model: string;
  /** The most tokens it can use, input and output. */
  tokens: number;
  priority: JobPriority;
  /** Whether its model is asked elsewhere when it cannot be asked here. */
  hasNextRoute: boolean;
}

/** Looks which of these attempts still wait to run; null for one that was cancelled, done or taken. Reads only. */
export async function findAttempts(em: EntityManager, refs: AttemptRef[]): Promise<(WaitingAttempt | null)[]> {
  const found = await execute<WaitingAttempt>(
    em,
    sql`select id as "jobId", attempt, user_id as "userId", uses_own_key as "usesOwnKey", provider_id as "providerId", routes -> route ->> 'model' as model, input_estimate + max_tokens as tokens, priority,
          json_array_length(routes) > route + 1 as "hasNextRoute"
        from jobs where id = any(${refs.map(({ jobId }) => jobId)}) and status = 'queued'`,
  );
  const byId = new Map(found.map((attempt) => [attempt.jobId, attempt]));
  return refs.map(({ jobId, attempt }) => (byId.get(jobId)?.attempt === attempt ? (byId.get(jobId) as WaitingAttempt) : null));
}

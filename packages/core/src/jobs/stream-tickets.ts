import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

const firstUseS = 60;

export interface StreamTicket {
  ticket: string;
  expiresAt: Date;
}

/** A ticket that opens one job's stream from a browser's EventSource, which can send no header. Only its hash is stored. */
export async function createStreamTicket(em: EntityManager, jobId: string, now: Date): Promise<StreamTicket> {
  const ticket = randomBytes(24).toString('base64url');
  await execute(
    em,
    sql`insert into stream_tickets (hash, job_id, expires_at) values (${hashOf(ticket)}, ${jobId}, now() + make_interval(secs => ${firstUseS}))`,
  );
  return { ticket, expiresAt: new Date(now.getTime() + firstUseS * 1000) };
}

/**
 * True when the ticket is for this job and may be used: within 60 s the first time, after that until the job ends and a minute
 * on, so that an EventSource that reconnects at the very end still hears it.
 */
export async function useStreamTicket(em: EntityManager, jobId: string, ticket: string): Promise<boolean> {
  const used = await execute(
    em,
    sql`update stream_tickets set used_at = coalesce(used_at, now()) from jobs
        where hash = ${hashOf(ticket)} and job_id = ${jobId} and jobs.id = job_id
          and (expires_at > now() or (used_at is not null and coalesce(jobs.finished_at, now()) > now() - interval '1 minute'))
        returning job_id`,
  );
  return used.length === 1;
}

const hashOf = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();

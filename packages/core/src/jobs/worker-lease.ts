import { hostname } from 'node:os';
import { newId } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** How long a worker is believed to be alive after its last sign, in database time. */
export const leaseS = 15;

/** Registers a worker process; its jobs carry the id. */
export async function startLease(em: EntityManager): Promise<string> {
  const id = newId('worker');
  await execute(
    em,
    sql`insert into workers (id, host, lease_until) values (${id}, ${hostname()}, now() + make_interval(secs => ${leaseS}))`,
  );
  return id;
}

/** Gives a sign of life; answers which of the worker's jobs somebody wants cancelled, in case the bell was lost. */
export async function renewLease(em: EntityManager, workerId: string): Promise<string[]> {
  await execute(
    em,
    sql`insert into workers (id, host, lease_until) values (${workerId}, ${hostname()}, now() + make_interval(secs => ${leaseS}))
        on conflict (id) do update set lease_until = excluded.lease_until`,
  );
  const cancelled = await execute<{ id: string }>(
    em,
    sql`select id from jobs where worker_id = ${workerId} and status = 'running' and cancel_requested_at is not null`,
  );
  return cancelled.map(({ id }) => id);
}

/** Ends a lease: whatever the worker still had is free to be taken at once. */
export async function endLease(em: EntityManager, workerId: string): Promise<void> {
  await execute(em, sql`delete from workers where id = ${workerId}`);
}

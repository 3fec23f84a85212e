import type { EntityManager } from '@mikro-orm/postgresql';
import { setTimeout as wait } from 'node:timers/promises';

const attemptsMax = 5;

/** Serialization failure, deadlock: PostgreSQL undid everything, and the same work may well succeed now. */
const transientCodes = new Set(['40001', '40P01']);

/**
 * Runs `work` in one READ COMMITTED transaction; a deadlock or serialization failure is tried again with the same inputs, so
 * `work` must hold no effect but its statements.
 */
export async function inTransaction<Result>(em: EntityManager, work: (tx: EntityManager) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await em.fork().transactional(work);
    } catch (error) {
      if (attempt === attemptsMax || !isTransient(error)) throw error;
      await wait(10 * 2 ** attempt * Math.random());
    }
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof Error && 'code' in error && transientCodes.has(String(error.code));
}

import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { setTimeout as wait } from 'node:timers/promises';
import { execute } from './sql.ts';

const attemptsMax = 5;

/** Serialization failure, deadlock: PostgreSQL undid everything, and the same work may well succeed now. */
const transientCodes = new Set(['40001', '40P01']);

/**
 * Runs `work` in one READ COMMITTED transaction; a deadlock or serialization failure is tried again with the same inputs, so
 * `work` must hold no effect but its statements.
 */
export function inTransaction<Result>(em: EntityManager, work: (tx: EntityManager) => Promise<Result>): Promise<Result> {
  return untilNotTransient(() => em.fork().transactional(work));
}

/**
 * Runs one statement that is a transaction by itself, tried again like one: to say so to the server would cost two more round trips,
 * which is most of what a short write takes.
 */
export function executeAlone<Row>(em: EntityManager, statement: RawBuilder<Row>): Promise<Row[]> {
  return untilNotTransient(() => execute(em.fork(), statement));
}

async function untilNotTransient<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attemptsMax || !isTransient(error)) throw error;
      await wait(10 * 2 ** attempt * Math.random());
    }
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof Error && 'code' in error && transientCodes.has(String(error.code));
}

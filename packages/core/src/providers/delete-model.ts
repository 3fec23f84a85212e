import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { lockModel } from './list-models.ts';

const foreignKeyViolation = '23503';

/**
 * Removes a model that no job was ever charged by. One that was used is disabled instead: its prices are part of the books.
 * @throws AppError `not_found`, or `conflict` when a job has used it
 */
export async function deleteModel(em: EntityManager, { actorId, alias }: { actorId: string; alias: string }): Promise<void> {
  try {
    await inTransaction(em, async (tx) => {
      const { id } = await lockModel(tx, alias);
      await execute(tx, sql`delete from models where id = ${id}`);
      await recordAction(tx, { actorId, action: 'model.delete', objectId: id, details: { alias } });
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === foreignKeyViolation)) throw error;
    throw new AppError('conflict', `Jobs have used the model ${alias}: disable it instead.`, { cause: error });
  }
}

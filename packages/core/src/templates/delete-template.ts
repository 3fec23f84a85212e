import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { lockTemplate, type TemplateEditor } from './get-template.ts';

/**
 * Takes a template away and answers its id. Jobs that used it still name it. Its slug is free again, and the library does not
 * bring a built-in one back.
 * @throws AppError `not_found`, or `forbidden` for a built-in one
 */
export function deleteTemplate(
  em: EntityManager,
  { editor, ref, now }: { editor: TemplateEditor; ref: string; now: Date },
): Promise<string> {
  return inTransaction(em, async (tx) => {
    const { id, userId, slug } = await lockTemplate(tx, editor, ref);
    await execute(tx, sql`update templates set deleted_at = ${now} where id = ${id}`);
    if (userId === null) await recordAction(tx, { actorId: editor.userId, action: 'template.delete', objectId: id, details: { slug } });
    return id;
  });
}

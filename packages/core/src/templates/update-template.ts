import { TemplateContent, type UpdateTemplateRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { compileTemplate } from './compile-template.ts';
import { getTemplate, lockTemplate, type TemplateEditor } from './get-template.ts';
import { insertVersion } from './insert-version.ts';
import type { TemplateRow } from './template-row.ts';

export interface UpdateTemplate {
  editor: TemplateEditor;
  ref: string;
  changes: UpdateTemplateRequest;
  now: Date;
}

/**
 * Makes a new version of what is given and what the newest one has. A draft leaves jobs at the version that is published; jobs
 * that were submitted keep theirs in any case. A built-in template that an administrator changes follows the library no more.
 * @throws AppError `not_found`, `forbidden` for a built-in one, or `invalid_request` with every fault
 */
export function updateTemplate(em: EntityManager, { editor, ref, changes, now }: UpdateTemplate): Promise<TemplateRow> {
  return inTransaction(em, async (tx) => {
    const { id, userId, slug, latest, status: earlier, content } = await lockTemplate(tx, editor, ref);
    const { status = earlier, ...changed } = changes;
    const next = TemplateContent.parse({ ...content, ...changed });
    compileTemplate(next);
    await insertVersion(tx, { templateId: id, version: latest + 1, status, content: next, createdBy: editor.userId, now });
    if (userId === null) {
      await execute(tx, sql`update templates set library_hash = null where id = ${id}`);
      const details = { slug, version: latest + 1, status, changed: Object.keys(changed) };
      await recordAction(tx, { actorId: editor.userId, action: 'template.update', objectId: id, details });
    }
    return getTemplate(tx, editor, id);
  });
}

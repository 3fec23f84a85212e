import { newId, type CreateTemplateRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { compileTemplate } from './compile-template.ts';
import { getTemplate, type TemplateEditor } from './get-template.ts';
import { insertVersion } from './insert-version.ts';
import type { TemplateRow } from './template-row.ts';

export interface CreateTemplate {
  editor: TemplateEditor;
  idempotencyKey: string | null;
  request: CreateTemplateRequest;
  now: Date;
}

/**
 * Adds a template at its version 1.
 * @throws AppError `invalid_request` with every fault, `conflict` when the slug is taken, `forbidden` for a built-in one by anybody but an administrator
 */
export function createTemplate(em: EntityManager, { editor, idempotencyKey, request, now }: CreateTemplate): Promise<TemplateRow> {
  const { slug, status, source, ...content } = request;
  if (source === 'built_in' && !editor.mayEditBuiltIn) {
    throw new AppError('forbidden', 'A template for everybody takes an administrator.', { param: 'source' });
  }
  compileTemplate(content);
  const userId = source === 'own' ? editor.userId : null;
  return inTransaction(em, async (tx) => {
    const { objectId } = await onceByKey(
      tx,
      { userId: editor.userId, route: 'templates', key: idempotencyKey, body: request },
      async () => {
        const id = await insertTemplate(tx, { userId, slug, now });
        if (id === null) throw new AppError('conflict', `There is a template called ${slug} already.`, { param: 'slug' });
        await insertVersion(tx, { templateId: id, version: 1, status, content, createdBy: editor.userId, now });
        if (source === 'built_in')
          await recordAction(tx, { actorId: editor.userId, action: 'template.create', objectId: id, details: { slug, status } });
        return id;
      },
    );
    return getTemplate(tx, editor, objectId);
  });
}

interface NewTemplate {
  userId: string | null;
  slug: string;
  now: Date;
}

/** Writes a template without a version, and answers its id; null when the slug is taken. A version must follow in the same transaction. */
async function insertTemplate(tx: EntityManager, { userId, slug, now }: NewTemplate): Promise<string | null> {
  const id = newId('template', now.getTime());
  const inserted = await execute(
    tx,
    sql`insert into templates (id, user_id, slug, latest, created_at, updated_at)
        values (${id}, ${userId}, ${slug}, 0, ${now}, ${now}) on conflict do nothing returning id`,
  );
  return inserted.length === 0 ? null : id;
}

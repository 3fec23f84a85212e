import { newId, type TemplateContent, type TemplateStatus } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

export interface NewVersion {
  templateId: string;
  version: number;
  status: TemplateStatus;
  content: TemplateContent;
  createdBy: string;
  now: Date;
}

/** Writes a version behind the newest one; the template's row must be locked by the caller, or new. */
export async function insertVersion(
  tx: EntityManager,
  { templateId, version, status, content, createdBy, now }: NewVersion,
): Promise<void> {
  const id = newId('templateVersion', now.getTime());
  await execute(
    tx,
    sql`insert into template_versions (id, template_id, version, status, content, created_by, created_at)
        values (${id}, ${templateId}, ${version}, ${status}, ${JSON.stringify(content)}::json, ${createdBy}, ${now})`,
  );
  await execute(
    tx,
    sql`update templates set latest = ${version}, updated_at = ${now},
          published = ${status === 'published' ? sql`${version}` : sql`published`} where id = ${templateId}`,
  );
}

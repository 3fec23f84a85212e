import type { TemplateContent, TemplateStatus } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

/** A template at one of its versions. */
export interface TemplateRow {
  id: string;
  /** Null: for everybody. */
  userId: string | null;
  slug: string;
  latest: number;
  published: number | null;
  createdAt: string;
  versionId: string;
  version: number;
  status: TemplateStatus;
  content: TemplateContent;
  versionCreatedAt: string;
}

const isoTime = (column: RawBuilder<unknown>) => sql<string>`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What is read of `templates t` and `template_versions v`. */
export const templateColumns = sql`t.id, t.user_id as "userId", t.slug, t.latest, t.published, ${isoTime(sql`t.created_at`)} as "createdAt",
  v.id as "versionId", v.version, v.status, v.content, ${isoTime(sql`v.created_at`)} as "versionCreatedAt"`;

/** Reads templates that are not deleted, each at the version that `version` is; `rest` goes on behind `where`. */
export function selectTemplates(em: EntityManager, version: RawBuilder<unknown>, rest: RawBuilder<unknown>): Promise<TemplateRow[]> {
  return execute<TemplateRow>(
    em,
    sql`select ${templateColumns} from templates t join template_versions v on v.template_id = t.id and v.version = ${version}
        where t.deleted_at is null and ${rest}`,
  );
}

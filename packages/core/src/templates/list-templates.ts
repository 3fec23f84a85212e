import type { TemplateListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { selectTemplates, type TemplateRow } from './template-row.ts';
import { isSeenBy, versionSeenBy, type TemplateReader } from './template-reader.ts';

/**
 * One page of the templates that a reader sees, and one row more, if there is one.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listTemplates(em: EntityManager, reader: TemplateReader, query: TemplateListQuery): Promise<TemplateRow[]> {
  const { limit, after, order } = query;
  if (after !== undefined) await checkCursor(em, reader, after);
  const beyond = after === undefined ? sql`true` : order === 'asc' ? sql`t.id > ${after}` : sql`t.id < ${after}`;
  const direction = order === 'asc' ? sql`asc` : sql`desc`;
  const where = sql.join([isSeenBy(reader), beyond, ...filtersOf(query)], sql` and `);
  return selectTemplates(em, versionSeenBy(reader), sql`${where} order by t.id ${direction} limit ${limit + 1}`);
}

function filtersOf({ search, category, tag, language, status, source }: TemplateListQuery) {
  return [
    ...(search === undefined ? [] : [matches(search)]),
    ...(category === undefined ? [] : [sql`v.content->>'category' = ${category}`]),
    ...(tag === undefined ? [] : [sql`v.content::jsonb->'tags' ? ${tag}`]),
    ...(language === undefined ? [] : [sql`v.content->>'language' = ${language}`]),
    ...(status === undefined ? [] : [sql`v.status = ${status}`]),
    ...(source === undefined ? [] : [source === 'own' ? sql`t.user_id is not null` : sql`t.user_id is null`]),
  ];
}

/** Every word has to stand somewhere. */
function matches(search: string) {
  const words = search
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 10);
  const hits = words.map(
    (word) => sql`strpos(lower(concat_ws(' ', t.slug, v.content->>'name', v.content->>'name_zh', v.content->>'description',
    v.content->>'description_zh', v.content->>'tags')), lower(${word})) > 0`,
  );
  return hits.length === 0 ? sql`true` : sql.join(hits, sql` and `);
}

async function checkCursor(em: EntityManager, reader: TemplateReader, after: string): Promise<void> {
  const found = await execute(em, sql`select 1 from templates t where t.id = ${after} and ${isSeenBy(reader)}`);
  if (found.length > 0) return;
  const message = '`after` is not the id of an item of this list.';
  throw new AppError('invalid_request', message, { param: 'after', faults: [{ path: 'after', message: 'unknown cursor' }] });
}

import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { selectTemplates, type TemplateRow } from './template-row.ts';
import { isSeenBy, versionSeenBy, type TemplateReader } from './template-reader.ts';

/** The parts of `slug`, `tpl_...`, or either with `@version`. */
export function readTemplateRef(ref: string): { name: string; version: number | null } {
  const [name = '', version] = ref.split('@');
  return { name, version: version === undefined ? null : Number(version) };
}

/**
 * A template by id or slug: an own one hides one for everybody with the same slug. Without `@version`, its owner (for a built-in
 * one, an administrator) sees the newest version and everybody else the published one.
 * @throws AppError `not_found`, the same for what is missing and what is somebody else's
 */
export async function getTemplate(em: EntityManager, reader: TemplateReader, ref: string): Promise<TemplateRow> {
  const { name, version } = readTemplateRef(ref);
  const mayTake = sql`(t.user_id = ${reader.userId} or ${reader.role === 'admin'} or v.status = 'published')`;
  const [row] = await selectTemplates(
    em,
    version === null ? versionSeenBy(reader) : sql`${version}`,
    sql`(t.id = ${name} or t.slug = ${name}) and ${isSeenBy(reader)} and ${mayTake} order by t.user_id is null limit 1`,
  );
  if (!row) throw notFound('template');
  return row;
}

/** One that this reader may change, locked until the transaction ends. @throws AppError `not_found`, or `forbidden` for a built-in one */
export async function lockTemplate(tx: EntityManager, editor: TemplateEditor, ref: string): Promise<TemplateRow> {
  const { name } = readTemplateRef(ref);
  const [row] = await selectTemplates(
    tx,
    sql`t.latest`,
    sql`(t.id = ${name} or t.slug = ${name}) and ${isSeenBy(editor)} order by t.user_id is null limit 1 for update of t`,
  );
  if (!row || (row.userId === null && row.published === null && !editor.mayEditBuiltIn)) throw notFound('template');
  if (row.userId === null && !editor.mayEditBuiltIn) {
    throw new AppError(
      'forbidden',
      `${row.slug} is built in, and changing it takes an administrator. Make one of your own with the same slug instead.`,
    );
  }
  return row;
}

/** Who changes templates. */
export interface TemplateEditor extends TemplateReader {
  /** An administrator with a credential that may write as one. */
  mayEditBuiltIn: boolean;
}

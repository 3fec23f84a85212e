import type { TemplateContent } from '@sluice/contract';
import { AppError, createBatcher } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { compileTemplate, type CompiledTemplate } from './compile-template.ts';
import { readTemplateRef } from './get-template.ts';

/** Versions never change, so what was compiled is kept: this many, and then all are forgotten. */
const compiledMax = 1000;

export interface TemplateForSubmit {
  versionId: string;
  /** `slug@version`. */
  name: string;
  slug: string;
  compiled: CompiledTemplate;
}

/** The templates that jobs are made from. Every find looks at the rows, so that a new version counts at once. */
export interface TemplateDirectory {
  /**
   * The template that a user means: their own before one for everybody, at the version named, else the published one.
   * @throws AppError `not_found`, or `conflict` when it has only drafts
   */
  find(userId: string, ref: string): Promise<TemplateForSubmit>;
}

interface Wanted {
  userId: string;
  ref: string;
}

/** Without a version when it has only drafts. */
interface Found {
  slug: string;
  versionId: string | null;
  version: number | null;
  content: TemplateContent | null;
}

/** Rows of one bulk or batch ask for the same template: what is asked while a look-up is under way shares the next one. */
export function createTemplateDirectory({ em }: { em: () => EntityManager }): TemplateDirectory {
  const compiled = new Map<string, CompiledTemplate>();
  const look = createBatcher<Wanted, Found | null>({ flush: (wanted) => findTemplates(em(), wanted) });

  function compileOnce(versionId: string, content: TemplateContent): CompiledTemplate {
    const known = compiled.get(versionId) ?? compileTemplate(content);
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(versionId, known);
    return known;
  }

  return {
    async find(userId, ref) {
      const found = await look.add({ userId, ref });
      if (!found) throw new AppError('not_found', `There is no template ${ref}; GET /v1/templates lists them.`, { param: 'template' });
      const { slug, versionId, version, content } = found;
      if (!versionId || !content) {
        throw new AppError('conflict', `The template ${slug} has no published version; publish it, or name a draft as ${slug}@1.`, {
          param: 'template',
        });
      }
      return { versionId, name: `${slug}@${version}`, slug, compiled: compileOnce(versionId, content) };
    },
  };
}

/** One statement for many callers; each template is read once, however many ask for it. */
async function findTemplates(em: EntityManager, wanted: Wanted[]): Promise<(Found | null)[]> {
  const keyOf = ({ userId, ref }: Wanted): string => `${userId} ${ref}`;
  const distinct = [...new Map(wanted.map((one) => [keyOf(one), one])).entries()];
  const asked = distinct.map(([key, { userId, ref }]) => ({ key, user_id: userId, ...readTemplateRef(ref) }));
  const rows = await execute<Found & { key: string }>(
    em,
    sql`select asked.key, t.slug, v.id as "versionId", v.version, v.content
        from json_to_recordset(${JSON.stringify(asked)}::json) as asked (key text, user_id text, name text, version int)
        cross join lateral (
          select * from templates where deleted_at is null and (id = asked.name or slug = asked.name)
            and (user_id = asked.user_id or (user_id is null and published is not null))
          order by user_id is null limit 1) t
        left join template_versions v on v.template_id = t.id and v.version = coalesce(asked.version, t.published)
          and (v.status = 'published' or t.user_id = asked.user_id)
        where v.version is not null or asked.version is null`,
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return wanted.map((one) => byKey.get(keyOf(one)) ?? null);
}

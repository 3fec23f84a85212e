import { newId } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { systemActor } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { requestHash } from '../idempotency/index.ts';
import type { LibraryTemplate } from './library-entry.ts';
import { readLibrary } from './read-library.ts';

/** Any number that no other user of the database takes as its advisory lock. */
const libraryLock = 7_205_759_404;

interface Known {
  slug: string;
  id: string;
  latest: number;
  libraryHash: string | null;
  isDeleted: boolean;
}

/**
 * Brings the built-in templates up to what this release's library has, and answers how many changed. Those that an administrator
 * wrote, changed or deleted are left alone, and what a library has no more stays. Processes that start together wait for one another.
 */
export async function ensureTemplates(em: EntityManager, now: Date): Promise<number> {
  return applyLibrary(em, await readLibrary(), now);
}

/** The same for any library. */
export function applyLibrary(em: EntityManager, library: LibraryTemplate[], now: Date): Promise<number> {
  const hashed = library.map((template) => ({ ...template, hash: requestHash(template.content).toString('hex') }));
  return inTransaction(em, async (tx) => {
    await execute(tx, sql`select pg_advisory_xact_lock(${libraryLock})`);
    const known = await findKnown(tx);
    const stale = hashed.filter(({ slug, hash }) => isStale(known.get(slug), hash));
    const rows = stale.map(({ slug, content, hash }) => ({
      id: known.get(slug)?.id ?? newId('template', now.getTime()),
      versionId: newId('templateVersion', now.getTime()),
      version: (known.get(slug)?.latest ?? 0) + 1,
      slug,
      hash,
      content: JSON.stringify(content),
    }));
    if (rows.length > 0) await writeRows(tx, rows, now);
    return rows.length;
  });
}

/** By slug; where a built-in one was deleted and another made in its place, the one that lives. */
async function findKnown(tx: EntityManager): Promise<Map<string, Known>> {
  const rows = await execute<Known>(
    tx,
    sql`select slug, id, latest, library_hash as "libraryHash", deleted_at is not null as "isDeleted"
        from templates where user_id is null order by deleted_at nulls last`,
  );
  return new Map(rows.map((row) => [row.slug, row]));
}

function isStale(known: Known | undefined, hash: string): boolean {
  if (!known) return true;
  return !known.isDeleted && known.libraryHash !== null && known.libraryHash !== hash;
}

/** New templates and new versions of known ones, in two statements. */
async function writeRows(tx: EntityManager, rows: object[], now: Date): Promise<void> {
  const given = sql`json_to_recordset(${JSON.stringify(rows)}::json) as row (id text, "versionId" text, version int, slug text, hash text, content text)`;
  await execute(
    tx,
    sql`insert into templates (id, slug, latest, published, library_hash, created_at, updated_at)
        select id, slug, version, version, hash, ${now}::timestamptz, ${now}::timestamptz from ${given}
        on conflict (id) do update set latest = excluded.latest, published = excluded.published, library_hash = excluded.library_hash,
          updated_at = excluded.updated_at`,
  );
  await execute(
    tx,
    sql`insert into template_versions (id, template_id, version, status, content, created_by, created_at)
        select "versionId", id, version, 'published', content::json, ${systemActor}, ${now}::timestamptz from ${given}`,
  );
}

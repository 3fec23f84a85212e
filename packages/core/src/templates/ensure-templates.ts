import type { EntityManager } from '@mikro-orm/postgresql';
import { systemActor } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { requestHash } from '../idempotency/index.ts';
import { insertTemplate } from './create-template.ts';
import { insertVersion } from './insert-version.ts';
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
 * wrote, changed or deleted are left alone. Processes that start together wait for one another.
 */
export async function ensureTemplates(em: EntityManager, now: Date): Promise<number> {
  const library = (await readLibrary()).map((template) => ({ ...template, hash: requestHash(template.content).toString('hex') }));
  return inTransaction(em, async (tx) => {
    await execute(tx, sql`select pg_advisory_xact_lock(${libraryLock})`);
    const known = await findKnown(tx);
    const stale = library.filter(({ slug, hash }) => isStale(known.get(slug), hash));
    for (const template of stale) await bringUp(tx, template, known.get(template.slug), now);
    return stale.length;
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

async function bringUp(tx: EntityManager, { slug, content, hash }: LibraryTemplate & { hash: string }, known: Known | undefined, now: Date): Promise<void> {
  const templateId = known?.id ?? (await insertTemplate(tx, { userId: null, slug, libraryHash: hash, now }));
  if (templateId === null) throw new Error(`a template for everybody called ${slug} appeared under the library's lock`);
  await insertVersion(tx, { templateId, version: (known?.latest ?? 0) + 1, status: 'published', content, createdBy: systemActor, now });
  await execute(tx, sql`update templates set library_hash = ${hash} where id = ${templateId}`);
}

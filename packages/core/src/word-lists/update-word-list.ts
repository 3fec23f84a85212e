import type { UpdateWordListRequest, WholeWordListObject } from '@sluice/contract';
import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { nameTaken } from './create-word-list.ts';
import { planWords } from './list-words.ts';
import { refuseTooManyWords } from './refuse-too-many-words.ts';
import { getWordList } from './word-list-row.ts';

export interface UpdateWordList {
  actorId: string;
  id: string;
  changes: UpdateWordListRequest;
}

/**
 * Changes what is given and leaves the rest.
 * @throws AppError `not_found`, `conflict` as for a new list, `invalid_request` for an invisible word or too many
 */
export function updateWordList(em: EntityManager, { actorId, id, changes }: UpdateWordList): Promise<WholeWordListObject> {
  return inTransaction(em, async (tx) => {
    await lockWordList(tx, id);
    const before = await getWordList(tx, id);
    const { name = before.name, action = before.action, applies_to = before.applies_to, enabled = before.enabled } = changes;
    const words = planWords(before.words, changes);
    const taken = await execute(tx, sql`select id from word_lists where name = ${name} and id <> ${id}`);
    if (taken.length > 0) throw nameTaken(name);
    await execute(
      tx,
      sql`update word_lists set name = ${name}, action = ${action}, applies_to = ${applies_to}, enabled = ${enabled}, words = ${words}::text[],
            revision = nextval('word_list_revisions'), updated_at = now() where id = ${id}`,
    );
    await refuseTooManyWords(tx);
    const after = { name, action, applies_to, enabled, word_count: words.length };
    await recordAction(tx, { actorId, action: 'word_list.update', objectId: id, details: { before: summaryOf(before), after } });
    return getWordList(tx, id);
  });
}

/** Removes a word list for good. @throws AppError `not_found` */
export function deleteWordList(em: EntityManager, { actorId, id }: { actorId: string; id: string }): Promise<void> {
  return inTransaction(em, async (tx) => {
    await lockWordList(tx, id);
    const before = await getWordList(tx, id);
    await execute(tx, sql`delete from word_lists where id = ${id}`);
    await recordAction(tx, { actorId, action: 'word_list.delete', objectId: id, details: summaryOf(before) });
  });
}

function summaryOf({ name, action, applies_to, enabled, word_count }: WholeWordListObject) {
  return { name, action, applies_to, enabled, word_count };
}

async function lockWordList(tx: EntityManager, id: string): Promise<void> {
  const rows = await execute(tx, sql`select id from word_lists where id = ${id} for update`);
  if (rows.length === 0) throw notFound('word list');
}

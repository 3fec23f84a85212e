import { newId, type CreateWordListRequest, type WholeWordListObject } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { planWords } from './list-words.ts';
import { refuseTooManyWords } from './refuse-too-many-words.ts';
import { getWordList } from './word-list-row.ts';

export interface CreateWordList {
  actorId: string;
  idempotencyKey: string | null;
  request: CreateWordListRequest;
}

/**
 * Adds a word list. The audit log keeps how many words it has, not which.
 * @throws AppError `conflict` when the name is taken or all lists together have too many words, `invalid_request` for an invisible word
 */
export function createWordList(em: EntityManager, { actorId, idempotencyKey, request }: CreateWordList): Promise<WholeWordListObject> {
  return inTransaction(em, async (tx) => {
    const { objectId } = await onceByKey(tx, { userId: actorId, route: 'word-lists', key: idempotencyKey, body: request }, async () => {
      const { name, action, applies_to: appliesTo, enabled } = request;
      const words = planWords([], { words: request.words });
      const id = newId('wordList');
      const inserted = await execute(
        tx,
        sql`insert into word_lists (id, name, action, applies_to, enabled, words)
            values (${id}, ${name}, ${action}, ${appliesTo}, ${enabled}, ${words}::text[]) on conflict (name) do nothing returning id`,
      );
      if (inserted.length === 0) throw nameTaken(name);
      await refuseTooManyWords(tx);
      const details = { name, action, applies_to: appliesTo, enabled, word_count: words.length };
      await recordAction(tx, { actorId, action: 'word_list.create', objectId: id, details });
      return id;
    });
    return getWordList(tx, objectId);
  });
}

export const nameTaken = (name: string): AppError =>
  new AppError('conflict', `There is a word list called ${name} already.`, { param: 'name' });

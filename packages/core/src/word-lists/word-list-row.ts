import type { WholeWordListObject, WordListObject } from '@sluice/contract';
import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

const columns = sql`id, 'word_list' as object, name, action, applies_to, enabled, word_count,
  to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
  to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as updated_at`;

/** Reads word lists without their words; `rest` follows `from word_lists`. */
export function selectWordLists(em: EntityManager, rest: RawBuilder<unknown>): Promise<WordListObject[]> {
  return execute(em, sql<WordListObject>`select ${columns} from word_lists ${rest}`);
}

/** A word list with its words. @throws AppError `not_found` */
export async function getWordList(em: EntityManager, id: string): Promise<WholeWordListObject> {
  const [list] = await execute(em, sql<WholeWordListObject>`select ${columns}, words from word_lists where id = ${id}`);
  if (!list) throw notFound('word list');
  return list;
}

import type { ListQuery, WordListObject } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { pageAfter } from '../providers/index.ts';
import { selectWordLists } from './word-list-row.ts';

/**
 * One page of word lists and one row more, if there is one.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listWordLists(em: EntityManager, query: ListQuery): Promise<WordListObject[]> {
  return selectWordLists(em, sql`where true ${await pageAfter(em, sql`from word_lists where true`, query)}`);
}

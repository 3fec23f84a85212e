import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { one, sql } from '../database/index.ts';

/** What all lists may have together, so that every process can hold them in a few dozen megabytes. */
const wordsMax = 100_000;
const listsMax = 100;

/**
 * To be called after a change, in its transaction. Lists that are not enabled count as well: enabling one must not fail.
 * @throws AppError `conflict`
 */
export async function refuseTooManyWords(tx: EntityManager): Promise<void> {
  const { lists, words } = await one(
    tx,
    sql<{ lists: number; words: number }>`select count(*)::int as lists, coalesce(sum(word_count), 0)::int as words from word_lists`,
  );
  if (lists > listsMax) throw new AppError('conflict', `There are ${listsMax} word lists already; delete one first.`);
  if (words > wordsMax) throw new AppError('conflict', `All word lists together would have ${words} words; ${wordsMax} are the most.`);
}

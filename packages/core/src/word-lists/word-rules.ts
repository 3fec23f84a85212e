import type { WordListAction } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { compileRules, versionOf, type RuleList, type TextRules } from './text-rules.ts';

/** A word of a list that was found in a text. */
export interface WordFound {
  /** The list's name. */
  list: string;
  action: WordListAction;
  direction: 'input' | 'output';
}

/** The word lists as this process knows them. */
export interface WordRules {
  /** What questions are looked through for; null when no list applies, which then costs nothing. */
  input(): TextRules | null;
  /** The same for answers. */
  output(): TextRules | null;
  /** Looks whether a list was changed, and makes the rules anew if so; what is under way keeps the rules that it began with. */
  refresh(): Promise<void>;
}

export interface WordRulesParts {
  em: () => EntityManager;
  onFound: (found: WordFound) => void;
}

export function createWordRules({ em, onFound }: WordRulesParts): WordRules {
  let known = '';
  let input: TextRules | null = null;
  let output: TextRules | null = null;

  const compile = (lists: RuleList[], direction: 'input' | 'output'): Promise<TextRules | null> =>
    compileRules(
      lists.filter(({ appliesTo }) => appliesTo === direction || appliesTo === 'both'),
      ({ name, action }) => onFound({ list: name, action, direction }),
    );

  return {
    input: () => input,
    output: () => output,
    async refresh() {
      const version = await readVersion(em());
      if (version === known) return;
      const lists = await execute(
        em(),
        sql<RuleList>`select id, revision, name, action, applies_to as "appliesTo", words from word_lists
            where enabled and word_count > 0 order by id`,
      );
      [input, output] = [await compile(lists, 'input'), await compile(lists, 'output')];
      known = versionOf(lists);
    },
  };
}

/** Small, whatever the lists hold: it is read every few seconds. */
async function readVersion(em: EntityManager): Promise<string> {
  const rows = await execute(
    em,
    sql<{ id: string; revision: string }>`select id, revision from word_lists where enabled and word_count > 0 order by id`,
  );
  return versionOf(rows);
}

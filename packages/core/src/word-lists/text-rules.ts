import { setImmediate } from 'node:timers/promises';
import type { WordListAction, WordListScope } from '@sluice/contract';
import { buildAutomaton, type Pattern } from './automaton.ts';
import { foldText } from './fold-text.ts';
import { createTextFilter, type TextFilter } from './text-filter.ts';

export interface RuleList {
  id: string;
  /** Another one after every change. */
  revision: string;
  name: string;
  action: WordListAction;
  appliesTo: WordListScope;
  words: string[];
}

/** The lists that apply to one direction, made ready for looking through texts. Never changes. */
export interface TextRules {
  /** Equal for rules that let the same through. */
  version: string;
  /** A whole text with its words masked; null when it holds a word that blocks. */
  apply(text: string): string | null;
  /** Follows a text that comes in pieces. */
  follow(): TextFilter;
  /** Follows a text that nothing is to be masked in: its filter tells only whether it holds a word that blocks. */
  watch(): TextFilter;
}

/**
 * Makes rules of lists; null when there is none. Others of this process get their turn between slices of the work, so that
 * 100,000 words hold up no request.
 */
export async function compileRules(
  lists: RuleList[],
  onFound: (list: Pick<RuleList, 'name' | 'action'>) => void,
): Promise<TextRules | null> {
  if (lists.length === 0) return null;
  const patterns: Pattern[] = [];
  for (const [list, { words, action }] of lists.entries()) {
    for (const word of words) patterns.push({ text: foldText(word), action, list });
    await setImmediate();
  }
  const automaton = await buildAutomaton(patterns, () => setImmediate());
  // Their words are in the automaton: the lists themselves are let go.
  const owners = lists.map(({ name, action }) => ({ name, action }));
  const found = (list: number): void => onFound(owners[list] as (typeof owners)[number]);
  const follow = (): TextFilter => createTextFilter(automaton, found);
  return {
    version: versionOf(lists),
    follow,
    watch: () => createTextFilter(automaton, (list) => void (owners[list]?.action === 'block' && found(list))),
    apply(text) {
      const filter = follow();
      const masked = filter.push(text) + filter.end();
      return filter.isBlocked() ? null : masked;
    },
  };
}

/** The state of lists, without their words. */
export function versionOf(lists: Pick<RuleList, 'id' | 'revision'>[]): string {
  return lists.map(({ id, revision }) => `${id} ${revision}`).join();
}

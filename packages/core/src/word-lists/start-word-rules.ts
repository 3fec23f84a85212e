import { createLoop, type Closers, type Logger } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Counter, type Registry } from 'prom-client';
import { createWordRules, type WordFound, type WordRules } from './word-rules.ts';

/** A change that the bell did not tell of is seen after this. */
const rereadMs = 5000;

/** The topic on which whoever changes a word list rings. */
export const wordListsTopic = 'word-lists';

interface StartWordRulesParts {
  em: () => EntityManager;
  log: Logger;
  registry: Registry;
  bell: { listen(topic: string, onRing: () => void): Promise<() => void> };
}

/** Reads the word lists and keeps them as they are now. While they cannot be read, those known last go on to apply. */
export async function startWordRules({ em, log, registry, bell }: StartWordRulesParts, closers: Closers): Promise<WordRules> {
  const rules = createWordRules({ em, onFound: countWords(registry) });
  // Nothing is served before the first look.
  await rules.refresh();
  const loop = createLoop({ name: 'word lists', intervalMs: rereadMs, log, turn: async () => (await rules.refresh(), 'rest') });
  closers.add('word lists loop', () => loop.close());
  closers.add('word lists bell', await bell.listen(wordListsTopic, () => loop.wake()));
  return rules;
}

/** There are few lists, so each is a label. */
function countWords(registry: Registry): (found: WordFound) => void {
  const words = new Counter({
    name: 'sluice_listed_words_total',
    help: 'Words of lists that were masked or blocked, by list, action and direction',
    labelNames: ['list', 'action', 'direction'],
    registers: [registry],
  });
  return ({ list, action, direction }) => words.inc({ list, action, direction });
}

import type { Automaton } from './automaton.ts';
import { createWordReader } from './word-reader.ts';

/** What stands for a word that was masked, however long it was. */
const maskText = '***';

/** Follows one text that may come in pieces, cut anywhere but inside a surrogate pair. */
export interface TextFilter {
  /** What of the text so far is decided and was not given out yet, masked. Empty from a blocked word on. */
  push(piece: string): string;
  /** What was held back, because a listed word could have begun in it. The next piece begins another text. */
  end(): string;
  isBlocked(): boolean;
}

/** A stretch of the text that will be masked: words that overlap are one. */
interface Masked {
  from: number;
  to: number;
  list: number;
}

/**
 * Masks the words of lists, and stops before the first word that blocks: the one that is complete first, and of those that end
 * there the longest. Holds back no more than the beginning of a word that is still open, and gives out the same however the
 * text was cut. `onFound` is told the number of the list of each word that was masked or blocked.
 */
export function createTextFilter(automaton: Automaton, onFound: (list: number) => void): TextFilter {
  let reader = createWordReader(automaton);
  /** The text from `sent` on that was read and not given out. */
  let held = '';
  let sent = 0;
  let masked: Masked[] = [];
  let isBlocked = false;

  /** Gives out what stands before `until`, but no part of a stretch that goes on beyond it. */
  function giveOut(until: number): string {
    const ready = masked.filter(({ to }) => to <= until);
    masked = masked.slice(ready.length);
    let result = '';
    let at = sent;
    for (const { from, to, list } of ready) {
      result += held.slice(at - sent, from - sent) + maskText;
      at = to;
      onFound(list);
    }
    const end = Math.max(at, Math.min(until, masked[0]?.from ?? until));
    result += held.slice(at - sent, end - sent);
    held = held.slice(end - sent);
    sent = end;
    return result;
  }

  function stopAt(end: number, list: number): string {
    isBlocked = true;
    masked = masked.filter(({ from }) => from < end).map((stretch) => ({ ...stretch, to: Math.min(stretch.to, end) }));
    const rest = giveOut(end);
    held = '';
    onFound(list);
    return rest;
  }

  return {
    push(piece) {
      if (isBlocked) return '';
      held += piece;
      for (const character of piece) {
        const word = reader.read(character);
        if (word?.action === 'block') return stopAt(word.from, word.list);
        if (word) addStretch(masked, { from: word.from, to: reader.at(), list: word.list });
      }
      return giveOut(reader.openFrom());
    },
    end() {
      const rest = isBlocked ? '' : giveOut(reader.at());
      reader = createWordReader(automaton);
      sent = 0;
      return rest;
    },
    isBlocked: () => isBlocked,
  };
}

/** Adds a stretch that ends after all others; those that it overlaps become part of it. */
function addStretch(stretches: Masked[], added: Masked): void {
  let { from } = added;
  for (let last = stretches.at(-1); last && last.to > added.from; last = stretches.at(-1)) {
    from = Math.min(from, last.from);
    stretches.pop();
  }
  stretches.push({ ...added, from });
}

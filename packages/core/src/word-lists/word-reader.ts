import { nextState, type Automaton } from './automaton.ts';
import { foldCharacter } from './fold-text.ts';

/** A listed word that ends where the text was read to. */
export interface FoundWord {
  action: 'mask' | 'block';
  /** Where its first character stands in the text. */
  from: number;
  list: number;
}

/** Reads one text, character by character, and tells which listed words end where it is. */
export interface WordReader {
  /** Reads on. Of the words that end here the longest, and one that blocks before others; null when none does. */
  read(character: string): FoundWord | null;
  /** How far the text was read. */
  at(): number;
  /** Where the earliest word begins that may yet become whole, or longer; `at()` when there is none. */
  openFrom(): number;
}

/** More than the units that any one character folds to. */
const unitsOfCharacterMax = 32;

export function createWordReader(automaton: Automaton): WordReader {
  const { mask, block, open } = automaton;
  /** Where the character of each of the last folded units stands in the text: a character may have several units, or none. */
  const places = new Float64Array(2 ** Math.ceil(Math.log2(automaton.depthMax + unitsOfCharacterMax)));
  const ring = places.length - 1;
  let state = 0;
  let units = 0;
  let at = 0;

  const placeOf = (unitsBack: number): number => places[(units - unitsBack) & ring] as number;

  function found(): FoundWord | null {
    const blocked = block.units[state] as number;
    if (blocked > 0) return { action: 'block', from: placeOf(blocked), list: block.list[state] as number };
    const masked = mask.units[state] as number;
    return masked > 0 ? { action: 'mask', from: placeOf(masked), list: mask.list[state] as number } : null;
  }

  return {
    read(character) {
      const folded = foldCharacter(character);
      for (let i = 0; i < folded.length; i += 1) {
        places[units & ring] = at;
        units += 1;
        state = nextState(automaton, state, folded.charCodeAt(i));
      }
      at += character.length;
      // A word ends with a whole character: か is not found in the two units of が.
      return folded === '' ? null : found();
    },
    at: () => at,
    openFrom() {
      const opened = open[state] as number;
      return opened === 0 ? at : placeOf(opened);
    },
  };
}

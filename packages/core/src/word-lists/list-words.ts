import { listedWordsMax } from '@sluice/contract';
import { invalidRequest } from '@sluice/platform';
import { foldText } from './fold-text.ts';

/** What a request says about the words of a list, in the fields of the contract. */
export interface WordChanges {
  words?: string[] | undefined;
  add?: string[] | undefined;
  remove?: string[] | undefined;
}

/**
 * The words that a list has after a change, in the order they were added. Words that are compared alike are one. Pure.
 * @throws AppError `invalid_request` with every word in which there is nothing to see, or when there would be too many
 */
export function planWords(before: string[], { words, add = [], remove = [] }: WordChanges): string[] {
  refuseInvisible({ words, add });
  const byFolded = new Map((words ?? before).map((word) => [foldText(word), word]));
  for (const word of remove) byFolded.delete(foldText(word));
  for (const word of add) byFolded.set(foldText(word), word);
  if (byFolded.size <= listedWordsMax) return [...byFolded.values()];
  throw invalidRequest([{ path: 'add', message: `makes ${byFolded.size} words; a list has ${listedWordsMax} at the most` }]);
}

function refuseInvisible(given: WordChanges): void {
  const faults = Object.entries(given).flatMap(([field, words]: [string, string[] | undefined]) =>
    (words ?? []).flatMap((word, index) =>
      foldText(word) === '' ? [{ path: `${field}.${index}`, message: 'has no visible character' }] : [],
    ),
  );
  if (faults.length > 0) throw invalidRequest(faults);
}

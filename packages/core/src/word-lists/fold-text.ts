/**
 * How one character is compared: without case, full-width as half-width, compatibility forms as what they stand for, and
 * accents taken apart, so that both ways to write é are one. What nobody sees (zero-width spaces and joiners, soft hyphens) is
 * nothing at all. Each code point is folded alone, so that a text folds alike however it is cut into deltas.
 */
export function foldCharacter(character: string): string {
  const units = character.length === 1 ? folded[character.charCodeAt(0)] : undefined;
  if (units !== undefined) return units;
  const text = invisible.test(character) ? '' : character.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD');
  if (character.length === 1) folded[character.charCodeAt(0)] = text;
  return text;
}

const invisible = /^\p{Default_Ignorable_Code_Point}$/u;

/** Of the characters that were met: almost every text is made of a few hundred of them. */
const folded: (string | undefined)[] = [];

/** A whole text as it is compared; empty when there is nothing to see in it. */
export function foldText(text: string): string {
  let result = '';
  for (const character of text) result += foldCharacter(character);
  return result;
}

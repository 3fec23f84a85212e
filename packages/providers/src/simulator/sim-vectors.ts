import { createRandom, hashText } from './sim-random.ts';

const usualDimensions = 256;

/**
 * A unit vector of an input: the sum of one vector a word (or token id), so that texts with words in common are near one another.
 */
export function writeVector(input: string | number[], dimensions = usualDimensions): number[] {
  const words = typeof input === 'string' ? wordsOf(input) : input.map(String);
  const sums = Array.from({ length: dimensions }, () => 0);
  for (const word of words.length > 0 ? words : ['']) {
    const random = createRandom(hashText(word));
    for (let i = 0; i < dimensions; i += 1) sums[i] = (sums[i] ?? 0) + random() * 2 - 1;
  }
  const length = Math.hypot(...sums) || 1;
  return sums.map((sum) => Math.fround(sum / length));
}

/** The share of the query's words that a document has, and a little that tells equal ones apart. */
export function scoreDocument(query: string, document: string): number {
  const wanted = new Set(wordsOf(query));
  const found = new Set(wordsOf(document).filter((word) => wanted.has(word)));
  const share = wanted.size === 0 ? 0 : found.size / wanted.size;
  return Math.round((share * 0.98 + (hashText(document) % 1000) / 100_000) * 1e6) / 1e6;
}

/** Words of letters and digits, and each character of a script without spaces. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\u3000-\u9fff\uac00-\ud7af]|[\p{L}\p{N}]+/gu) ?? [];
}

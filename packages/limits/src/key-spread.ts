import type { AdmissionKey } from './admission.ts';

/**
 * Numbers from 0 to 1 that fill the range evenly at every length: multiples of the golden ratio. Keys that are picked with them
 * get their share by weight as in a round-robin, without a counter that replicas would have to share. `start` differs between
 * processes.
 */
export function createSpread(start: number): () => number {
  let value = start;
  return () => {
    value = (value + 0.618_033_988_749_895) % 1;
    return value;
  };
}

/**
 * The keys in the order in which they are tried: each time by weight among those that are left. Where in a key's part the
 * number fell is the number for the next choice, so that the others stand in for a full key by their weights too. The admission
 * script says the same.
 */
export function* keysInTurn(keys: AdmissionKey[], spread: number): Generator<AdmissionKey> {
  const left = [...keys];
  let next = spread;
  while (left.length > 0) {
    const { i, rest } = pickKey(left, next);
    next = rest;
    yield* left.splice(i, 1);
  }
}

function pickKey(keys: AdmissionKey[], spread: number): { i: number; rest: number } {
  let left = spread * keys.reduce((sum, { weight }) => sum + weight, 0);
  for (const [i, { weight }] of keys.entries()) {
    if (left < weight) return { i, rest: left / weight };
    left -= weight;
  }
  return { i: keys.length - 1, rest: spread };
}

import { setImmediate } from 'node:timers/promises';
import type { TokenFamily } from './token-family.ts';

/**
 * The tokenizer needs quadratic time within one word, and Chinese without punctuation is one word to it: 20,000 characters
 * at once took 1.6 s. In slices it is linear, and every border costs a fraction of one token.
 */
const sliceLength = 512;
/** About 10 ms; then others on this event loop have their turn. */
const slicesAtOnce = 16;

/** Runs of Chinese, Japanese and Korean, with their punctuation and full-width forms. */
const cjkRuns = /([\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]+)/;

/** How many tokens a family makes of these texts. The tables of an encoding (80 MB) are loaded by the first that needs them. */
export async function countTextTokens(texts: string[], { encoding, cjk, other }: TokenFamily): Promise<number> {
  const count = await loadEncoding(encoding);
  let tokens = 0;
  let slices = 0;
  for (const { text, factor } of texts.flatMap((whole) => cutByScript(whole, cjk, other))) {
    for (let at = 0; at < text.length; at += sliceLength) {
      tokens += count(text.slice(at, at + sliceLength)) * factor;
      if (++slices % slicesAtOnce === 0) await setImmediate();
    }
  }
  return Math.round(tokens);
}

interface Piece {
  text: string;
  factor: number;
}

/** A capturing split answers both sides in turn: what lies between the runs, then a run. Nothing is cut for nothing. */
function cutByScript(text: string, cjk: number, other: number): Piece[] {
  if (cjk === other) return [{ text, factor: cjk }];
  return text.split(cjkRuns).map((piece, i) => ({ text: piece, factor: i % 2 === 1 ? cjk : other }));
}

async function loadEncoding(encoding: TokenFamily['encoding']): Promise<(text: string) => number> {
  const { countTokens } =
    encoding === 'o200k' ? await import('gpt-tokenizer/encoding/o200k_base') : await import('gpt-tokenizer/encoding/cl100k_base');
  // The names of special tokens are plain text when a caller or a model writes them.
  const plain = { disallowedSpecial: new Set<string>() };
  return (text) => countTokens(text, plain);
}

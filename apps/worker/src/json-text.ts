/**
 * Reads what is written in JSON that comes in pieces: escapes become what they stand for, also one that is cut in two. Signs
 * stay where they are, since only words are looked for in it.
 */
export function createJsonText(): (piece: string) => string {
  let kept = '';
  return (piece) => {
    const text = kept + piece;
    kept = '';
    return text.replaceAll(escapes, (escape: string, hex: string | undefined, sign: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (sign !== undefined) return spaces.has(sign) ? ' ' : sign;
      kept = escape;
      return '';
    });
  };
}

/** Whole escapes, and at the end the beginning of one. */
const escapes = /\\u([0-9a-f]{4})|\\([^u])|\\u?[0-9a-f]{0,3}$/gis;

const spaces = new Set(['n', 'r', 't', 'b', 'f']);

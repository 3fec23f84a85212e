/** One line of a text: where it stands, and its bytes without the line's end. */
export interface Line {
  /** From 1. */
  number: number;
  /** In bytes from the start of the content, without a byte order mark. */
  position: number;
  length: number;
  /** Null for a line that is longer than was asked for; nothing of it is kept. */
  bytes: Buffer | null;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of a content, ended by LF or CRLF, the last one by nothing. Memory holds one line at the most, however long others are. */
export async function* readLines(source: AsyncIterable<Uint8Array>, { bytesMax }: { bytesMax: number }): AsyncGenerator<Line> {
  const gathered = createLineBuffer(bytesMax);
  for await (const piece of source) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let at = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, at)) {
      gathered.add(chunk.subarray(at, end));
      yield gathered.take();
      at = end + 1;
    }
    gathered.add(chunk.subarray(at));
  }
  if (gathered.length() > 0) yield gathered.take();
}

function createLineBuffer(bytesMax: number) {
  let pieces: Buffer[] = [];
  let length = 0;
  let number = 0;
  let nextPosition = 0;

  function bytesOf(): Buffer | null {
    if (length > bytesMax) return null;
    const [only] = pieces;
    return pieces.length === 1 && only ? only : Buffer.concat(pieces);
  }

  return {
    length: () => length,
    add(piece: Buffer): void {
      length += piece.length;
      if (length > bytesMax) pieces = [];
      else if (piece.length > 0) pieces.push(piece);
    },
    take(): Line {
      number += 1;
      const line = trim({ number, position: nextPosition, length, bytes: bytesOf() });
      nextPosition += length + 1;
      pieces = [];
      length = 0;
      return line;
    },
  };
}

function trim({ number, position, length, bytes }: Line): Line {
  if (!bytes) return { number, position, length, bytes };
  const start = number === 1 && bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
  return { number, position: position + start, length: end - start, bytes: bytes.subarray(start, end) };
}

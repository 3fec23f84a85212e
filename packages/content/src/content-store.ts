import type { Readable } from 'node:stream';

/** Where the bytes of files are. What a file is, whose it is and how long it stays are rows; this knows keys only. */
export interface ContentStore {
  /**
   * Stores a content under a key, as a stream of flat memory; readers see all of it or nothing. Answers its size in bytes.
   * @throws ContentTooLarge when it is longer than `bytesMax`; nothing is stored then, nor when the source breaks off
   */
  put(key: string, source: AsyncIterable<Uint8Array>, limits?: PutLimits): Promise<number>;
  /**
   * The content, or a range of it, to be read at the reader's own speed.
   * @throws ContentMissing
   */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Removes a content and what an unfinished `put` may have left; nothing there is fine. */
  delete(key: string): Promise<void>;
}

export interface PutLimits {
  bytesMax?: number;
}

export interface ByteRange {
  start: number;
  /** In bytes; at least 1. */
  length: number;
}

/** There is no content under this key. */
export class ContentMissing extends Error {
  override readonly name = 'ContentMissing';

  constructor(key: string, cause?: unknown) {
    super(`there is no content ${key}`, { cause });
  }
}

export class ContentTooLarge extends Error {
  override readonly name = 'ContentTooLarge';
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    super(`the content is longer than ${bytesMax} bytes`);
    this.bytesMax = bytesMax;
  }
}

/** Keys are ids of rows, never anything that a caller chose. */
export function checkKey(key: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(key)) return key;
  throw new RangeError('a content key must be letters, digits, - and _');
}

/** Passes chunks on until there are too many bytes of them. */
export async function* withinBytes(source: AsyncIterable<Uint8Array>, bytesMax = Infinity): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new ContentTooLarge(bytesMax);
    yield chunk;
  }
}

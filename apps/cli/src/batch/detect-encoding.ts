import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { usageError } from '../exit-codes.ts';

export interface InputFile {
  path: string;
  encoding: string;
  sha256: string;
  bytes: number;
}

/**
 * Reads a file once: its hash, and what it is written in. A byte order mark decides; else many NUL bytes mean UTF-16, and else it is
 * UTF-8 if all of it is, or GB18030 (which contains GBK and GB2312) if all of it is.
 * @throws CliError when it is none of them, empty, or cannot be read
 */
export async function inspectFile(path: string, wanted?: string): Promise<InputFile> {
  const hash = createHash('sha256');
  const candidates = (wanted ? [wanted] : ['utf-8', 'gb18030']).map((name) => createProbe(path, name));
  let bytes = 0;
  let marked: string | null = null;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      if (bytes === 0 && !wanted) marked = findMark(chunk);
      bytes += chunk.length;
      hash.update(chunk);
      if (!marked) for (const candidate of candidates) candidate.add(chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw usageError(`There is no file ${path}.`);
    throw usageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  if (bytes === 0) throw usageError(`${path} is empty.`);
  const encoding = marked ?? candidates.find((candidate) => candidate.isWhole())?.name;
  if (!encoding) {
    const tried = wanted ?? 'UTF-8, GBK or UTF-16';
    throw usageError(
      `${path} is not ${tried}: byte ${candidates[0]?.at() ?? 0} or soon after it cannot be read. Say what it is with --encoding.`,
    );
  }
  return { path, encoding, sha256: hash.digest('hex'), bytes };
}

/** What the first bytes say. */
function findMark(head: Buffer): string | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return null;
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const sample = head.subarray(0, 4096);
  const zeros = [0, 0];
  sample.forEach((byte, i) => void (byte === 0 && (zeros[i % 2] = (zeros[i % 2] ?? 0) + 1)));
  const many = sample.length / 8;
  if ((zeros[1] ?? 0) > many && (zeros[0] ?? 0) === 0) return 'utf-16le';
  return (zeros[0] ?? 0) > many && (zeros[1] ?? 0) === 0 ? 'utf-16be' : null;
}

/** Finds out whether all of a file can be read as one encoding. */
function createProbe(path: string, name: string) {
  const decoder = createDecoder(path, name);
  let isGood = true;
  let at = 0;
  const decode = (bytes?: Buffer) => {
    if (!isGood) return;
    try {
      decoder.decode(bytes, { stream: bytes !== undefined });
      at += bytes?.length ?? 0;
    } catch {
      isGood = false;
    }
  };
  return {
    name,
    add: decode,
    at: () => at,
    isWhole() {
      decode();
      return isGood;
    },
  };
}

function createDecoder(path: string, name: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(name, { fatal: true });
  } catch {
    throw usageError(`${path}: there is no encoding ${name}; use utf-8, gbk, utf-16le or utf-16be.`);
  }
}

/** The text of a file, piece by piece, without its byte order mark. */
export async function* readText({ path, encoding }: InputFile): AsyncGenerator<string> {
  const decoder = createDecoder(path, encoding);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checkKey, ContentMissing, withinBytes, type ByteRange, type ContentStore } from './content-store.ts';

/**
 * Contents as files in one folder. Several processes may use it at once, also over a shared volume: a content is written beside
 * its name, flushed to the disk, and then named, so that a crash leaves no half content under a key.
 */
export function createDiskStore(folder: string): ContentStore {
  const pathOf = (key: string): string => join(folder, checkKey(key));
  const partOf = (key: string): string => `${pathOf(key)}.part`;
  return {
    async put(key, source, { bytesMax } = {}) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = createWriteStream(partOf(key), { mode: 0o600, flush: true });
      try {
        await pipeline(withinBytes(source, bytesMax), file);
        await rename(partOf(key), pathOf(key));
        return file.bytesWritten;
      } catch (error) {
        await rm(partOf(key), { force: true });
        throw error;
      }
    },
    read: (key, range) => openFile(key, pathOf(key), range),
    async delete(key) {
      await rm(pathOf(key), { force: true });
      await rm(partOf(key), { force: true });
    },
  };
}

/** Opened first: a stream would tell of a missing file only when somebody reads. */
async function openFile(key: string, path: string, range?: ByteRange): Promise<Readable> {
  try {
    const file = await open(path);
    return file.createReadStream(range && { start: range.start, end: range.start + range.length - 1 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new ContentMissing(key, error);
    throw error;
  }
}

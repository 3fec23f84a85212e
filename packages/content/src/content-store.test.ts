import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestFolder, type TestFolder } from '../../../test/support/folder.ts';
import { ContentMissing, ContentTooLarge, type ContentStore } from './content-store.ts';
import { createDiskStore } from './disk-store.ts';
import { createS3Store } from './s3-store.ts';
import { startFakeS3, type FakeS3 } from './testing/fake-s3.ts';

let folder: TestFolder;
let s3: FakeS3;
const stores = new Map<string, ContentStore>();

beforeAll(async () => {
  folder = createTestFolder();
  s3 = await startFakeS3();
  stores.set('disk', createDiskStore(join(folder.path, 'files')));
  stores.set('s3', createS3Store(s3.options));
});
afterAll(async () => {
  await s3.close();
  await folder.close();
});

const megabyte = 1024 * 1024;

/** A prime, so that no part begins where another one did. */
const pattern = Uint8Array.from({ length: 65_521 }, (_, i) => (i * 2_654_435_761) >>> 24);

async function* bytesOf(length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += pattern.length) yield pattern.subarray(0, length - at);
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* textIn(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

describe.each(['disk', 's3'])('%s', (name) => {
  const store = () => stores.get(name) as ContentStore;

  test.each([0, 1, 8 * megabyte - 1, 8 * megabyte, 8 * megabyte + 1, 20 * megabyte])('%d bytes come back as they were', async (length) => {
    expect(await store().put(`size-${length}`, bytesOf(length))).toBe(length);
    expect(await hashOf(await store().read(`size-${length}`))).toBe(await hashOf(bytesOf(length)));
  });

  test('a range is read alone, also at the very end', async () => {
    await store().put('range', textIn('first\n', 'second\nthird'));
    expect(await textOf(await store().read('range', { start: 6, length: 6 }))).toBe('second');
    expect(await textOf(await store().read('range', { start: 13, length: 5 }))).toBe('third');
  });

  test('a content that is too long is refused and leaves nothing', async () => {
    for (const length of [1001, 9 * megabyte]) {
      await expect(store().put('long', bytesOf(length), { bytesMax: 1000 })).rejects.toThrow(ContentTooLarge);
    }
    await expect(store().put('long', bytesOf(20 * megabyte), { bytesMax: 17 * megabyte })).rejects.toThrow(ContentTooLarge);
    await expect(store().read('long')).rejects.toThrow(ContentMissing);
    expect(await store().put('long', bytesOf(1000), { bytesMax: 1000 })).toBe(1000);
  });

  test('a source that breaks off leaves nothing, and what stood there before stays whole', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* bytesOf(9 * megabyte);
      throw new Error('the caller went away');
    }
    await store().put('kept', textIn('before'));
    await expect(store().put('kept', broken())).rejects.toThrow('went away');
    expect(await textOf(await store().read('kept'))).toBe('before');
  });

  test('what is deleted is gone, and may be deleted again', async () => {
    await store().put('gone', textIn('x'));
    await store().delete('gone');
    await store().delete('gone');
    await expect(store().read('gone')).rejects.toThrow(ContentMissing);
  });

  test.each(['../secret', 'a/b', '', '.hidden', 'a\u0000b', 'x'.repeat(129)])('%j is no key', async (key) => {
    await expect(store().put(key, textIn('x'))).rejects.toThrow(RangeError);
    await expect(Promise.resolve().then(() => store().read(key))).rejects.toThrow(RangeError);
  });
});

test('nothing unfinished is left behind, on the disk or in the bucket', () => {
  expect(readdirSync(join(folder.path, 'files')).filter((file) => file.endsWith('.part'))).toEqual([]);
  expect(s3.openUploads()).toBe(0);
});

test('a large object goes in parts of 8 MB, so memory holds no more', async () => {
  expect(s3.largestBody()).toBe(8 * megabyte);
});

test('a completion that says 200 and means no is a failure', async () => {
  const failing = await startFakeS3();
  failing.failCompletions();
  await expect(createS3Store(failing.options).put('x', bytesOf(9 * megabyte))).rejects.toMatchObject({ code: 'unavailable' });
  expect(failing.openUploads()).toBe(0);
  await failing.close();
});

test('a bucket that is away, or not there, is for the operator to mend: callers may try again', async () => {
  const away = await startFakeS3();
  const store = createS3Store(away.options);
  const elsewhere = createS3Store({ ...away.options, bucket: 'missing' });
  for (const work of [() => elsewhere.put('x', textIn('x')), () => elsewhere.read('x'), () => elsewhere.delete('x')]) {
    await expect(work()).rejects.toMatchObject({ code: 'unavailable' });
  }
  await away.close();
  await expect(store.put('x', textIn('x'))).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 2000 });
});

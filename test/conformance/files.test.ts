import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BadRequestError, NotFoundError, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestFolder, type TestFolder } from '../support/folder.ts';
import { createSdk } from './clients.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

/** The most memory that the process which serves files has had at any time. */
function peakBytes({ roles }: SurfaceWorld): number {
  const { pid = 0 } = roles.get('api') ?? roles.get('standalone') ?? {};
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe.each(['embedded', 'distributed'] as const)('files, %s', (mode) => {
  let world: SurfaceWorld;
  let folder: TestFolder;
  beforeAll(async () => {
    folder = createTestFolder();
    world = await startSurfaceWorld(mode);
  });
  afterAll(async () => {
    await world?.close();
    await folder?.close();
  });

  const content = '{"a":1}\n{"b":"é"}\n';

  test('C51: a file comes from a read stream, a buffer or a File, with or without an expiry, and its bytes come back', async () => {
    const { sdk } = world;
    const path = join(folder.path, 'from-disk.jsonl');
    await pipeline(Readable.from([content]), createWriteStream(path));
    const sources = {
      'from-disk.jsonl': createReadStream(path),
      'buffer.jsonl': await toFile(Buffer.from(content), 'buffer.jsonl'),
      'file.jsonl': new File([content], 'file.jsonl'),
    };
    for (const [filename, file] of Object.entries(sources)) {
      const stored = await sdk.files.create({ file, purpose: 'batch', expires_after: { anchor: 'created_at', seconds: 7200 } });
      expect(stored).toMatchObject({
        object: 'file',
        filename,
        bytes: Buffer.byteLength(content),
        purpose: 'batch',
        status: 'processed',
        status_details: null,
      });
      expect(stored.id).toMatch(/^file-/);
      expect(stored.expires_at).toBeGreaterThanOrEqual(stored.created_at + 7200);
      expect(await (await sdk.files.content(stored.id)).text()).toBe(content);
      expect(await sdk.files.waitForProcessing(stored.id)).toMatchObject({ id: stored.id });
    }
    const forBatch = await sdk.files.create({ file: new File([content], 'x.jsonl'), purpose: 'batch' });
    expect(forBatch.expires_at).toBeGreaterThanOrEqual(forBatch.created_at + 30 * 86_400);
    expect(await sdk.files.create({ file: new File([], 'empty'), purpose: 'user_data' })).toMatchObject({ bytes: 0, expires_at: null });
  });

  test('a name in any script comes back, and never as a path or a type of ours', async () => {
    const { id } = await world.sdk.files.create({ file: new File(['<script>'], '../../产品目录 (1).html'), purpose: 'user_data' });
    expect((await world.sdk.files.retrieve(id)).filename).toBe('产品目录 (1).html');
    const { headers, text } = await world.person.call.get(`/v1/files/${id}/content`);
    expect(text).toBe('<script>');
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a list can be walked, narrowed and turned round; what is deleted is gone', async () => {
    const user = await world.user();
    const sdk = createSdk({ url: world.url(), key: user.key });
    const ids: string[] = [];
    for (const [name, purpose] of [
      ['a', 'user_data'],
      ['b', 'vision'],
      ['c', 'user_data'],
    ] as const) {
      ids.push((await sdk.files.create({ file: new File([name], name), purpose })).id);
    }
    const walked = [];
    for await (const { filename } of sdk.files.list({ limit: 2 })) walked.push(filename);
    expect(walked).toEqual(['c', 'b', 'a']);
    expect((await sdk.files.list({ purpose: 'user_data', order: 'asc' })).data.map(({ filename }) => filename)).toEqual(['a', 'c']);
    expect(await sdk.files.delete(ids[1] ?? '')).toEqual({ id: ids[1], object: 'file', deleted: true });
    await expect(sdk.files.retrieve(ids[1] ?? '')).rejects.toThrow(NotFoundError);
    await expect(sdk.files.content(ids[1] ?? '')).rejects.toMatchObject({
      status: 404,
      param: 'id',
      message: expect.stringContaining(`No such File object: ${ids[1]}`),
    });
  });

  test('C68: files of somebody else are not found, on any route', async () => {
    const { id } = await world.sdk.files.create({ file: new File(['mine'], 'mine.jsonl'), purpose: 'batch' });
    const stranger = createSdk({ url: world.url(), key: (await world.user()).key }, { maxRetries: 0 });
    await expect(stranger.files.retrieve(id)).rejects.toThrow(NotFoundError);
    await expect(stranger.files.content(id)).rejects.toThrow(NotFoundError);
    await expect(stranger.files.delete(id)).rejects.toThrow(NotFoundError);
    expect((await stranger.files.list()).data).toEqual([]);
    await expect(stranger.files.list({ after: id })).rejects.toThrow(BadRequestError);
    const batch = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    await expect(stranger.batches.create(batch)).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
  });

  test('what is no good upload is refused by its name, and stays nowhere', async () => {
    const { sdk, person } = world;
    const before = (await sdk.files.list()).data.length;
    const file = () => new File(['{}'], 'x.txt');
    await expect(sdk.files.create({ file: file(), purpose: 'batch' })).rejects.toMatchObject({
      status: 400,
      param: 'file',
      message: expect.stringContaining('Must be .jsonl'),
    });
    await expect(sdk.files.create({ file: file(), purpose: 'nothing' as 'vision' })).rejects.toMatchObject({
      status: 400,
      param: 'purpose',
    });
    await expect(sdk.files.create({ file: file(), purpose: 'batch_output' as 'vision' })).rejects.toThrow(BadRequestError);
    await expect(
      sdk.files.create({ file: file(), purpose: 'vision', expires_after: { anchor: 'created_at', seconds: 60 } }),
    ).rejects.toMatchObject({ status: 400 });
    expect((await person.call.post('/v1/files', { purpose: 'batch' })).body.error).toMatchObject({ param: 'content-type' });
    const form = (raw: string) =>
      person.call.post('/v1/files', undefined, { raw, headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    expect((await form('--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nvision\r\n--b--\r\n')).body.error).toMatchObject({
      param: 'file',
    });
    expect((await form('--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nhalf')).status).toBe(400);
    expect((await form('nothing of the kind')).status).toBe(400);
    expect((await sdk.files.list()).data).toHaveLength(before);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const before = (await world.sdk.files.list()).data.length;
    const sent = request(`${world.url()}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.person.key}`, 'content-type': 'multipart/form-data; boundary=b' },
    });
    sent.on('error', () => {});
    sent.write(`--b\r\ncontent-disposition: form-data; name="file"; filename="x.jsonl"\r\n\r\n${'x'.repeat(1_000_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    sent.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await world.sdk.files.list()).data).toHaveLength(before);
    expect((await world.person.call.get('/v1/me')).status).toBe(200);
  });

  test('the same Idempotency-Key and content make one file; another content is refused', async () => {
    const create = (text: string) =>
      world.sdk.files.create({ file: new File([text], 'k.jsonl'), purpose: 'batch' }, { headers: { 'Idempotency-Key': `upload-${mode}` } });
    const first = await create('{"a":1}');
    expect((await create('{"a":1}')).id).toBe(first.id);
    await expect(create('{"a":2}')).rejects.toMatchObject({ status: 422 });
    expect(await (await world.sdk.files.content(first.id)).text()).toBe('{"a":1}');
  });

  test('200 MB go in and out as a stream', async () => {
    const path = join(folder.path, 'large.jsonl');
    const line = Buffer.from(`${JSON.stringify({ text: 'x'.repeat(1000) })}\n`);
    const lines = Math.floor((200 * 1024 * 1024) / line.length);
    await pipeline(
      Readable.from(
        (function* () {
          for (let i = 0; i < lines; i += 1) yield line;
        })(),
      ),
      createWriteStream(path),
    );
    const { size } = await stat(path);
    const before = peakBytes(world);
    const stored = await world.sdk.files.create({ file: createReadStream(path), purpose: 'batch' });
    expect(stored.bytes).toBe(size);
    // Held on to: the client closes the body of an answer that nobody holds.
    const answer = await world.sdk.files.content(stored.id);
    const [sent, got] = [createHash('sha256'), createHash('sha256')];
    await pipeline(createReadStream(path), sent);
    for await (const chunk of answer.body ?? []) got.update(chunk as Uint8Array);
    expect(got.digest('hex')).toBe(sent.digest('hex'));
    expect(answer.status).toBe(200);
    expect(peakBytes(world) - before).toBeLessThan(100 * 1024 * 1024);
    expect(await world.sdk.files.delete(stored.id)).toMatchObject({ deleted: true });
  }, 120_000);

  test('more than 200 MB is too much for a batch', async () => {
    function* megabytes(count: number) {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      for (let i = 0; i < count; i += 1) yield piece;
    }
    const large = { status: 413, param: 'file' };
    const file = await toFile(Buffer.concat([...megabytes(201)]), 'large.jsonl');
    await expect(world.sdk.files.create({ file, purpose: 'batch' })).rejects.toMatchObject(large);
  }, 120_000);
});

import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeS3, type FakeS3 } from '../../packages/content/src/testing/fake-s3.ts';
import { createTestFolder, type TestFolder } from '../support/folder.ts';
import { batchEnd, chatLine, expectEachOnce, resultsOf, startBatch } from './batch-run.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

let s3: FakeS3;
let folder: TestFolder;
let world: SurfaceWorld;

beforeAll(async () => {
  s3 = await startFakeS3();
  folder = createTestFolder();
  world = await startSurfaceWorld('distributed', {
    DATA_DIR: folder.path,
    S3_ENDPOINT: s3.options.endpoint,
    S3_BUCKET: s3.options.bucket,
    S3_ACCESS_KEY_ID: s3.options.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.options.secretAccessKey,
    S3_REGION: s3.options.region,
  });
});
afterAll(async () => {
  await world?.close();
  await folder?.close();
  await s3?.close();
});

test('with S3 set, files and batches live in the bucket, and nothing in DATA_DIR', async () => {
  const { sdk } = world;
  // Some of it beyond the first rows that are pumped, so that ranges are read from the middle.
  const lines = Array.from({ length: 450 }, (_, i) => chatLine(`row-${i}`, `${ask({ text: `Answer ${i}.` })} ${'é'.repeat(i)}`));
  const batch = await batchEnd(sdk, (await startBatch(sdk, lines)).id);
  const results = await resultsOf(sdk, batch);
  expectEachOnce(lines, results);
  expect(results.error).toEqual([]);
  for (const { custom_id: id, response } of results.output) {
    expect(response?.body).toMatchObject({ choices: [{ message: { content: `Answer ${id.slice(4)}.` } }] });
  }
  expect([...s3.objects.keys()].sort()).toEqual([batch.input_file_id, batch.output_file_id].sort());
  expect(s3.openUploads()).toBe(0);
  expect(readdirSync(folder.path)).not.toContain('files');
}, 90_000);

test('a file that is deleted leaves the list at once', async () => {
  const file = await world.sdk.files.create({ file: new File(['{}'], 'x.jsonl'), purpose: 'batch' });
  expect(s3.objects.has(file.id)).toBe(true);
  await world.sdk.files.delete(file.id);
  await expect(world.sdk.files.content(file.id)).rejects.toMatchObject({ status: 404 });
});

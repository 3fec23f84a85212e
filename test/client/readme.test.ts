import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestFolder } from '../support/folder.ts';
import { startWorld, type World } from '../support/world.ts';

const clientDir = join(import.meta.dirname, '../../packages/client');
const examples = [...readFileSync(join(clientDir, 'README.md'), 'utf8').matchAll(/^## (.+)\n[^`]*?```ts\n([^]*?)```/gm)].map(
  ([, title, code]) => ({ title, code }),
);
const folder = createTestFolder();
let world: World;

beforeAll(async () => {
  world = await startWorld('embedded');
  mkdirSync(join(folder.path, 'node_modules/@sluice'), { recursive: true });
  symlinkSync(clientDir, join(folder.path, 'node_modules/@sluice/client'));
  writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
});
afterAll(async () => {
  await folder.close();
  await world.close();
});

test('the README has examples', () => expect(examples.length).toBeGreaterThanOrEqual(5));

test.each(examples)('the example under "$title" runs as pasted', async ({ title, code = '' }) => {
  const { key } = await world.user();
  const file = join(folder.path, `${title?.replaceAll(' ', '-')}.ts`);
  // The world has one model, under another name.
  writeFileSync(file, code.replaceAll("'sluice-sim'", "'mock'"));
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { PATH: process.env.PATH, SLUICE_URL: world.url(), SLUICE_API_KEY: key },
  });
  if (title !== 'Webhooks') expect(stdout).not.toBe('');
  if (title === 'Errors') expect(stdout).toMatch(/^not_found 404 \S+ \[\]/);
});

import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestFolder } from '../support/folder.ts';
import { startWorld, type World } from '../support/world.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/openai.md'), 'utf8');
const examples = [...page.matchAll(/^## (.+)\n\n```ts\n([^]*?)```/gm)].map(([, title = '', code = '']) => ({ title, code }));
const folder = createTestFolder();
let world: World;

beforeAll(async () => {
  world = await startWorld('embedded');
  symlinkSync(join(import.meta.dirname, '../node_modules'), join(folder.path, 'node_modules'));
  writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
});
afterAll(async () => {
  await folder.close();
  await world?.close();
});

test('the page has an example for each SDK', () => {
  expect(examples.map(({ title }) => title)).toEqual(['openai', 'Vercel AI SDK', 'LangChain', 'A run that outlives the program']);
});

test.concurrent.each(examples)('the example under "$title" runs as pasted, and says what it was answered', async ({ title, code }) => {
  const { key, call } = await world.user();
  const file = join(folder.path, `${title.replaceAll(' ', '-')}.ts`);
  // The world is at another address, and has one model, under another name.
  writeFileSync(file, code.replaceAll('http://127.0.0.1:8080', world.url()).replaceAll("'deepseek-chat'", "'mock'"));
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: { PATH: process.env.PATH, SLUICE_API_KEY: key } });
  const { body: jobs } = await call.get('/v1/jobs');
  expect(jobs.data.length).toBe(title.startsWith('A run') ? 1 : 2);
  for (const job of jobs.data) {
    const { text } = job['output'] as { text: string };
    expect([job.status, text.length]).toEqual(['completed', expect.any(Number)]);
    expect(stdout).toContain(text);
  }
});

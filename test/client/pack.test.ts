import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestFolder } from '../support/folder.ts';

const rootDir = join(import.meta.dirname, '../..');
const folder = createTestFolder();

/** What a user writes: the types must hold, and a wrong one must not. */
const program = `
import { createClient, JobFailedError, SluiceError, type Job, type JobEvent, type JobRequest } from '@sluice/client';

export async function main(): Promise<void> {
  const client = createClient({ url: 'http://127.0.0.1:8080', apiKey: 'sk-x' });
  const request: JobRequest = { model: 'm', input: 'x', params: { max_tokens: 3, stop: ['.'] }, metadata: { a: 'b' } };
  const job: Job = await client.jobs.create(request);
  const status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'incomplete' = job.status;
  const cost: string | null = job.billing.cost;
  for await (const { event } of client.jobs.events(job.id)) {
    const seen: JobEvent = event;
    if (seen.type === 'job-end') console.log(seen.status, seen.usage.total_tokens, status, cost);
  }
  for await (const { id } of client.jobs.list({ status: 'failed' })) console.log(id.length);
  const rows = await client.batches.run([{ title: 'a' }], { model: 'm', prompt: '{{title}}', onProgress: ({ done }) => console.log(done) });
  console.log(rows[0]?.row.title.length, rows[0]?.text);
  try {
    const text: string = await client.ask('x', { model: 'm' });
    console.log(text.length);
  } catch (error) {
    if (error instanceof JobFailedError) console.log(error.job.id);
    if (error instanceof SluiceError) console.log(error.code, error.request_id);
  }
}

// @ts-expect-error there is no such state
export const wrong: Job['status'] = 'nope';
// @ts-expect-error a job needs something to ask
export const empty: JobRequest = { model: 1 };
`;

const npm = (...args: string[]) => execFileSync('npm', args, { cwd: folder.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

beforeAll(() => {
  const out = execFileSync('npm', ['pack', '--json', '--pack-destination', folder.path], {
    cwd: join(rootDir, 'packages/client'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [packed] = JSON.parse(out.slice(out.indexOf('[\n'))) as [{ filename: string }];
  writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module' }));
  npm('install', '--offline', join(folder.path, packed.filename.replace('@', '').replace('/', '-')));
  writeFileSync(join(folder.path, 'main.ts'), program);
}, 120_000);
afterAll(() => folder.close());

test('the package brings nothing along', () => {
  const { dependencies } = JSON.parse(npm('ls', '--all', '--json')) as { dependencies: Record<string, { dependencies?: object }> };
  expect(Object.keys(dependencies)).toEqual(['@sluice/client']);
  expect(dependencies['@sluice/client']?.dependencies).toBeUndefined();
});

test.each([
  ['a browser project', ['es2022', 'dom', 'dom.iterable']],
  ['a Node project', ['es2022']],
])('it type-checks in %s, its declarations included', (name, lib) => {
  const types = name === 'a Node project' ? ['node'] : [];
  const typeRoots = [join(rootDir, 'node_modules/@types')];
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    lib,
    types,
    typeRoots,
  };
  writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const tsc = join(rootDir, 'node_modules/typescript/bin/tsc');
  expect(() => execFileSync(process.execPath, [tsc, '-p', folder.path], { encoding: 'utf8', stdio: 'pipe' })).not.toThrow();
});

test('it is JavaScript that runs', () => {
  const script = "import('@sluice/client').then((m) => console.log(typeof m.createClient, m.renderPrompt('a {{b}}', { b: 'c' })))";
  expect(execFileSync(process.execPath, ['-e', script], { cwd: folder.path, encoding: 'utf8' })).toBe('function a c\n');
});

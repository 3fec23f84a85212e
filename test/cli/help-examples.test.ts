import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type Client } from '@sluice/client';
import { createProgram, createTerminal } from '@sluice/cli';
import { createTestFolder, type TestFolder } from '../support/folder.ts';
import { startWorld, type World } from '../support/world.ts';

/*
 * What the help of each command shows is pasted into a shell, against a server as `npm start` leaves it: the simulator's model, the
 * built-in templates, an administrator with credits. Only the files that an example names are there before.
 */
type Command = ReturnType<typeof createProgram>;

const key = 'sk-administrator-of-the-tests';
let world: World;
let client: Client;
const folders: TestFolder[] = [];

beforeAll(async () => {
  world = await startWorld('embedded');
  const routes = [{ provider: 'mock', model: 'sluice-sim-fast' }];
  const price = { mode: 'simple', input_price: '0.01', output_price: '0.02' };
  await world.admin.post('/v1/admin/models', { alias: 'sluice-sim', capabilities: ['text'], routes, price, default_max_tokens: 8 });
  await world.admin.send('PUT', '/v1/admin/default-models/text', { model: 'sluice-sim' });
  await world.admin.post('/v1/admin/providers', { name: 'deepseek', base_url: world.simulator.baseUrl, api_key: 'sk-shared' });
  await world.admin.post('/v1/admin/models', {
    alias: 'deepseek-chat',
    routes: [{ provider: 'deepseek', model: 'sluice-sim-fast' }],
    price,
  });
  const { body: me } = await world.admin.get('/v1/me');
  await world.admin.post('/v1/admin/orders', { user_id: (me['user'] as { id: string }).id, amount: '1000', note: 'test' });
  client = createClient({ url: world.url(), apiKey: key });
});
afterAll(async () => {
  for (const folder of folders) await folder.close();
  await world.close();
});

const quick = { model: 'mock', input: '[[sim {"text":"Hi."}]] Hello' };
const slow = { model: 'mock', input: '[[sim {"hang":true}]] Wait.' };

/** Both of their examples can do with the same. */
const shareable = new Set(['jobs', 'jobs get', 'jobs watch', 'batch get', 'batch watch', 'batch download', 'batch retry']);

/** What has to be there before the examples of a command make sense. */
const before: Record<string, () => Promise<unknown>> = {
  jobs: () => client.jobs.create(quick),
  'jobs get': () => client.jobs.create(quick),
  'jobs watch': () => client.jobs.create(quick),
  'jobs cancel': () => client.jobs.create(slow),
  'jobs retry': async () => client.jobs.cancel((await client.jobs.create(slow)).id),
  'provider-keys rotate': () => addKey(),
  'provider-keys test': () => addKey(),
  'provider-keys remove': () => addKey(),
  'batch get': () => createBatch(quick.input, 'completed'),
  'batch watch': () => createBatch(quick.input, 'completed'),
  'batch cancel': () => createBatch(slow.input, 'in_progress'),
  'batch retry': () => createBatch('[[sim {"status":400}]] Fail.', 'completed'),
  'batch download': () => createBatch('[[sim {"status":400}]] Fail.', 'completed', quick.input),
};

let keys = 0;
const nextKey = () => `sk-own-${(keys += 1)}`;
const addKey = () => client.providerKeys.create({ provider: 'deepseek', api_key: nextKey() });

async function createBatch(first: string, status: string, second = first): Promise<void> {
  const line = (input: string, i: number) =>
    JSON.stringify({ custom_id: `row-${i}`, method: 'POST', url: '/v1/jobs', body: { model: 'mock', input, params: { max_tokens: 20 } } });
  const file = await client.files.upload([line(first, 1), line(second, 2)].join('\n'), { filename: 'rows.jsonl' });
  const { id } = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/jobs' });
  await expect.poll(async () => (await client.batches.get(id)).status, { timeout: 20_000 }).toBe(status);
}

function createFolder(): string {
  const folder = createTestFolder();
  folders.push(folder);
  const at = (name: string) => join(folder.path, name);
  mkdirSync(at('.config/fish/completions'), { recursive: true });
  writeFileSync(at('rows.csv'), 'name,title,price\nRed kettle,Kettle,10\nGarden gnome,Gnome,20\nWool hat,Hat,7\n');
  writeFileSync(at('article.txt'), 'Rivers run to the sea, and the sea is not full.\n');
  writeFileSync(at('sluice'), `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, '../../apps/cli/src/main.ts')}' "$@"\n`);
  chmodSync(at('sluice'), 0o755);
  return folder.path;
}

async function paste(folder: string, line: string): Promise<{ code: number | null; said: string }> {
  const env = {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    SLUICE_URL: world.url(),
    SLUICE_API_KEY: key,
    DEEPSEEK_API_KEY: nextKey(),
  };
  const here = line.replaceAll('http://127.0.0.1:8080', world.url());
  const child = spawn('bash', ['-c', `set -e; set -o pipefail; ${here}`], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  // What somebody at a terminal would be asked for.
  child.stdin.end(line.startsWith('sluice login') ? `${key}\n` : /^sluice provider-keys (add|rotate)/.test(line) ? `${nextKey()}\n` : '');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

function examplesOf(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => void (help += text) });
  command.outputHelp();
  return [...help.matchAll(/^ {2}\$ (.+)$/gm)].map(([, line = '']) => line);
}

function leavesOf(command: Command, path: string[] = []): { name: string; examples: string[] }[] {
  const own = { name: path.join(' '), examples: examplesOf(command) };
  return [own, ...command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]))];
}

const all = leavesOf(createProgram(createTerminal(), () => {}));

test('every command shows two examples', () => {
  expect(all.length).toBeGreaterThan(25);
  for (const { name, examples } of all) expect(examples, name).toHaveLength(2);
});

test.each(all)('$name: its examples work as pasted', async ({ name, examples }) => {
  const folder = createFolder();
  if (examples.some((line) => /batch (get|watch|retry) answers\.jsonl/.test(line)))
    await paste(folder, 'sluice batch run rows.csv -m sluice-sim --prompt "Describe {{title}}." --out answers.jsonl --yes');
  for (const [i, line] of examples.entries()) {
    if (i === 0 || !shareable.has(name)) await before[name]?.();
    const { code, said } = await paste(folder, line);
    expect(code, `${line}\n${said}`).toBe(0);
  }
});

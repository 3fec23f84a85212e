import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from '../support/world.ts';
import { createShell, type Shell } from './run-sluice.ts';

let world: World;
let shell: Shell;

beforeAll(async () => {
  world = await startWorld('embedded');
  shell = createShell(world, await world.user('10'));
});
afterAll(async () => {
  await shell?.folder.close();
  await world?.close();
});

const run = (args: string[], stdin?: string) => shell.run(['provider-keys', ...args], stdin === undefined ? {} : { stdin });

test('a key goes from standard input into a job, and its secret is printed nowhere', async () => {
  const added = await run(['add', 'mock', '--name', 'mine', '-o', 'json'], 'sk-own-of-the-command-wxyz\n');
  expect(added).toMatchObject({ code: 0, stderr: '' });
  const key = JSON.parse(added.stdout) as { id: string; last_four: string };
  expect(key).toMatchObject({ provider: 'mock', name: 'mine', last_four: 'wxyz', enabled: true });
  const listed = await run(['list']);
  expect(listed.stdout).toContain(key.id);
  for (const { stdout, stderr } of [added, listed]) expect(stdout + stderr).not.toContain('sk-own');

  const answer = await shell.run(['ask', '[[sim {"text":"Mine."}]] Say it.', '-m', 'mock', '--key-source', 'own']);
  expect(answer).toEqual({ code: 0, stdout: 'Mine.\n', stderr: '' });
  expect(await run(['test', key.id])).toMatchObject({ code: 0, stdout: expect.stringContaining('mock') });
  expect(world.simulator.ledger.calls().map((call) => call.key)).toEqual(['wxyz', 'wxyz']);

  expect((await run(['rotate', key.id, '-o', 'json'], 'sk-own-of-the-command-abcd')).stdout).toContain('abcd');
  expect(await run(['remove', key.id])).toMatchObject({ code: 0, stderr: `${key.id} is removed.\n` });
  expect((await run(['test', key.id])).code).not.toBe(0);
});

test('a key is never an argument, and nothing is no key', async () => {
  expect((await run(['add', 'mock', 'sk-as-an-argument'])).code).toBe(2);
  const empty = await run(['add', 'mock'], '');
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('No key was given')]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type TestUser, type World } from '../support/world.ts';
import { createShell, type Shell } from './run-sluice.ts';

let world: World;
let user: TestUser;
let shell: Shell;

beforeAll(async () => {
  world = await startWorld('distributed');
  user = await world.user('1000');
  shell = createShell(world, user);
});
afterAll(async () => {
  await shell.folder.close();
  await world.close();
});

const ask = (text: string) => shell.run(['ask', `[[sim {"text":"${text}"}]] Say it.`, '-m', 'mock']);

describe('ask', () => {
  test('--cache takes the answer that is there, and asks nobody again', async () => {
    const again = (...flags: string[]) => shell.run(['ask', '[[sim {"text":"Once.","tag":"cli-cache"}]] Say it.', '-m', 'mock', ...flags]);
    for (const flags of [['--cache'], ['--cache', '60'], ['--cache']]) expect((await again(...flags)).stdout).toBe('Once.\n');
    expect(world.simulator.ledger.calls('cli-cache')).toHaveLength(1);
    expect(await again('--cache', '0')).toMatchObject({ code: 2 });
  });

  test('streams the text to standard output and nothing else', async () => {
    expect(await ask('Rivers run.')).toEqual({ code: 0, stdout: 'Rivers run.\n', stderr: '' });
  });

  test('reads the question from standard input, and finds the only model', async () => {
    const { code, stdout } = await shell.run(['ask', '-'], { stdin: '[[sim {"text":"From a pipe."}]] Go.' });
    expect([code, stdout]).toEqual([0, 'From a pipe.\n']);
  });

  test('leaves bytes of a model alone in a pipe', async () => {
    const { stdout } = await shell.run(['ask', '[[sim {"text":"\\u001b[31mred\\u0007"}]] Go.', '-m', 'mock']);
    expect(stdout).toBe('\u001b[31mred\u0007\n');
  });

  test('never lets control bytes of a model reach a terminal', async () => {
    const seen = await onTerminal([
      'ask',
      '[[sim {"text":"\\u001b]0;title\\u0007\\u001b[31mred\\u009b2J\\rover\\u202edone"}]] Go.',
      '-m',
      'mock',
    ]);
    expect(seen).toContain(']0;title[31mred2Joverdone');
    for (const letter of ['\u0007', '\u001b', '\u009b', '\u202e']) expect(seen).not.toContain(letter);
  });
});

/** Runs the command on a terminal of its own, and answers what came to it. */
async function onTerminal(args: string[], typed = ''): Promise<string> {
  const line = [process.execPath, join(import.meta.dirname, '../../apps/cli/src/main.ts'), ...args]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const env = { PATH: process.env.PATH, HOME: shell.folder.path, SLUICE_URL: world.url(), SLUICE_API_KEY: user.key };
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: shell.folder.path, env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(typed);
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => void (seen += piece));
  await once(child, 'close');
  return seen.replaceAll('\r\n', '\n');
}

test('on a terminal a run of rows asks before it costs anything, and shows a bar', async () => {
  writeFileSync(shell.path('bar.csv'), 'title\n"[[sim {""text"":""one""}]]"\n"[[sim {""status"":400}]]"\n');
  const args = ['batch', 'run', 'bar.csv', '-m', 'mock', '--prompt', '{{title}} Go.', '--out', 'bar.jsonl', '--max-cost', '90'];
  expect(await onTerminal(args, 'n\n')).toContain('Nothing was run.');
  expect(existsSync(shell.path('bar.jsonl.state'))).toBe(false);
  const seen = await onTerminal(args, 'y\n');
  expect(seen).toMatch(/Run 2 rows, for up to [\d.]+ credits and stop before 90\? \[y\/N\]/);
  expect(seen).toMatch(/\[#+\] 2\/2, 1 failed {2}[\d.]+\/90 credits {2}ETA 00:00 {2}[\d.]+ rows\/s {2}\d+ tokens/);
  expect(seen).toContain('Run the failed ones again: sluice batch retry bar.jsonl');
  const { code, stderr } = await shell.run(['batch', 'watch', 'bar.jsonl']);
  expect([code, stderr]).toEqual([3, '']);
});

describe('exit codes', () => {
  test('2: an unknown command, with what was meant; a missing argument; a wrong value', async () => {
    const typo = await shell.run(['modles']);
    expect(typo).toMatchObject({ code: 2, stdout: '' });
    expect(typo.stderr).toContain('Did you mean models?');
    expect(await shell.run(['ask'])).toMatchObject({ code: 2 });
    expect(await shell.run(['jobs', 'list', '-n', 'many'])).toMatchObject({ code: 2 });
    expect(await shell.run(['models', '--url', 'nowhere'])).toMatchObject({ code: 2 });
  });

  test('4: no key, a wrong key, and a key that may not', async () => {
    const none = await shell.run(['models'], { env: { SLUICE_API_KEY: '' } });
    expect(none).toMatchObject({ code: 4, stdout: '' });
    expect(none.stderr).toContain('sluice login');
    expect(await shell.run(['models', '--key', 'sk-wrong'])).toMatchObject({ code: 4 });
    expect(await shell.run(['audit'])).toMatchObject({ code: 4 });
  });

  test('5: no such job, no such model', async () => {
    expect(await shell.run(['jobs', 'get', 'job_00000000000000000000000000'])).toMatchObject({ code: 5, stdout: '' });
    expect(await shell.run(['ask', 'x', '-m', 'nothing'])).toMatchObject({ code: 5 });
  });

  test('7: no credits; 8: nobody there; 1: the job failed', async () => {
    const poor = await world.user('0');
    expect(await shell.run(['ask', 'x', '-m', 'mock', '--key', poor.key])).toMatchObject({ code: 7 });
    const away = await shell.run(['models', '--url', 'http://127.0.0.1:1']);
    expect(away).toMatchObject({ code: 8 });
    expect(away.stderr).toContain('http://127.0.0.1:1 could not be reached');
    expect(await shell.run(['ask', '[[sim {"status":400}]] x', '-m', 'mock'])).toMatchObject({ code: 1 });
  });

  test('6: too many requests', async () => {
    const { body: key } = await world.admin.post('/v1/api-keys', { name: 'slow', scopes: ['jobs:read'], requests_per_minute: 1 });
    // The next is told to wait for longer than anybody at a terminal would.
    await shell.run(['models', '--key', key.secret]);
    expect(await shell.run(['models', '--key', key.secret])).toMatchObject({ code: 6 });
  });

  test('130: Ctrl-C, and the job can be read later', async () => {
    const { child, ended } = shell.start(['ask', '[[sim {"tokens":600,"tokens_per_s":20}]] Talk.', '-m', 'mock', '--max-tokens', '900']);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    const jobId = /job_\w+/.exec(stderr)?.[0] ?? '';
    expect((await shell.run(['jobs', 'cancel', jobId])).code).toBe(0);
    expect(JSON.parse((await shell.run(['jobs', 'get', jobId, '-o', 'json'])).stdout)).toMatchObject({ status: 'cancelled' });
  });
});

describe('data', () => {
  test('jobs are listed, shown and watched', async () => {
    await ask('Watch me.');
    const { stdout } = await shell.run(['jobs', 'list', '-n', '1', '-o', 'jsonl']);
    const job = JSON.parse(stdout);
    expect(job).toMatchObject({ object: 'job', status: 'completed' });
    expect((await shell.run(['jobs', 'watch', job.id])).stdout).toBe('Watch me.\n');
    expect((await shell.run(['jobs', 'get', job.id])).stdout).toContain('Watch me.');
    const csv = await shell.run(['jobs', 'list', '-n', '2', '-o', 'csv']);
    expect(csv.stdout.split('\n')[0]).toBe('id,status,model,created_at,tokens,cost');
  });

  test.each(['table', 'json', 'jsonl', 'csv'])('models, usage and wallet as %s, without colour', async (format) => {
    for (const command of [['models'], ['usage', '--by', 'model'], ['wallet'], ['wallet', '--transfers', '2']]) {
      const { code, stdout, stderr } = await shell.run([...command, '-o', format]);
      expect([code, stderr], stdout).toEqual([0, '']);
      expect(stdout).not.toContain('\u001b');
      if (format === 'json') expect(() => JSON.parse(stdout)).not.toThrow();
    }
  });

  test('an administrator loads what comes with the server, and again nothing', async () => {
    const init = () => shell.run(['init', '--key', 'sk-administrator-of-the-tests']);
    const { code, stdout } = await init();
    expect([code, stdout.split('\n')]).toEqual([
      0,
      ['= Built-in templates: up to date', expect.stringMatching(/^= Models: no vendor is set up/), '+ default:text is now mock', ''],
    ]);
    expect((await init()).stdout).not.toMatch(/^\+/m);
    expect(await shell.run(['init'])).toMatchObject({ code: 4, stdout: '' });
  });

  test('an administrator audits', async () => {
    const { code, stdout, stderr } = await shell.run(['audit', '-o', 'json', '--key', 'sk-administrator-of-the-tests']);
    expect([code, stderr]).toEqual([0, 'Everything agrees.\n']);
    expect(JSON.parse(stdout)).toMatchObject({ findings: 0 });
  });

  test('login keeps the key for this user alone; flags and the environment count more', async () => {
    const env = { SLUICE_URL: '', SLUICE_API_KEY: '' };
    const { code, stderr } = await shell.run(['login', '--url', world.url()], { env, stdin: `${user.key}\n` });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Logged in')]);
    expect(stderr).not.toContain(user.key);
    const path = shell.path('.config/sluice/config.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ url: world.url(), key: user.key });
    expect((await shell.run(['models'], { env })).code).toBe(0);
    expect((await shell.run(['models', '--key', 'sk-wrong'], { env })).code).toBe(4);
    expect((await shell.run(['login'], { env: { ...env, SLUICE_URL: world.url() }, stdin: 'sk-wrong' })).code).toBe(4);
    writeFileSync(path, '{');
    expect((await shell.run(['models'], { env })).code).toBe(1);
  });

  test('doctor looks at server, clock, key, credits and stream', async () => {
    const { code, stdout } = await shell.run(['doctor', '--model', 'mock', '-o', 'json']);
    expect(JSON.parse(stdout).map(({ check, result }: { check: string; result: string }) => [check, result])).toEqual([
      ['server', 'ok'],
      ['clock', 'ok'],
      ['key', 'ok'],
      ['credits', 'ok'],
      ['stream', 'ok'],
    ]);
    expect(code).toBe(0);
    expect(await shell.run(['doctor', '--url', 'http://127.0.0.1:1'])).toMatchObject({ code: 8 });
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s knows the commands', async (name) => {
    const { code, stdout } = await shell.run(['completion', name]);
    expect(code).toBe(0);
    for (const word of ['batch', 'max-cost', 'doctor']) expect(stdout).toContain(word);
  });
});

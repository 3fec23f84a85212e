import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type TestUser, type World } from '../support/world.ts';
import { createShell, type Shell } from './run-sluice.ts';

interface Result {
  row: number;
  line: number;
  id: string;
  status: string;
  text: string;
  cost: string;
}

describe.each(['embedded', 'distributed'] as const)('%s', (mode) => {
  let world: World;
  let user: TestUser;
  let shell: Shell;

  beforeAll(async () => {
    world = await startWorld(mode);
    user = await world.user('100000');
    shell = createShell(world, user);
  });
  afterAll(async () => {
    await shell.folder.close();
    await world.close();
  });

  const write = (name: string, content: string | Uint8Array) => writeFileSync(shell.path(name), content);
  const results = (name: string): Result[] =>
    readFileSync(shell.path(name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const rowsOf = (count: number, directive: object) =>
    `title\n${Array.from({ length: count }, (_, i) => `"${JSON.stringify({ ...directive, text: `answer ${i + 1}` }).replaceAll('"', '""')}"`).join('\n')}\n`;
  const prompt = ['--prompt', '[[sim {{title}}]] Say it.', '-m', 'mock', '--max-tokens', '50'];

  test('killed with SIGKILL at ten random moments and run again, every row stands once and is asked of the provider once', async () => {
    const count = 400;
    const tag = `kill-${mode}`;
    write('kill.csv', rowsOf(count, { tag, first_token_ms: 30 }));
    const args = ['batch', 'run', 'kill.csv', ...prompt, '--out', 'kill.jsonl', '--concurrency', '20', '--yes'];
    let kills = 0;
    let last = { code: null as number | null, stderr: '' };
    for (; kills < 10; kills += 1) {
      const { child, ended } = shell.start(args);
      const timer = setTimeout(() => child.kill('SIGKILL'), 450 + Math.random() * 900);
      last = await ended;
      clearTimeout(timer);
      if (last.code === 0) break;
      // What a kill in the middle of a write leaves behind.
      if (kills % 3 === 0 && existsSync(shell.path('kill.jsonl'))) appendFileSync(shell.path('kill.jsonl'), '{"row":7,"text":"hal');
    }
    const { code, stderr } = await shell.run(args);
    expect(code, stderr).toBe(0);
    const all = results('kill.jsonl');
    expect(all.map(({ row }) => row).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(all.every(({ row, line, text, status }) => text === `answer ${row}` && line === row + 1 && status === 'completed')).toBe(true);
    expect(world.simulator.ledger.calls(tag).length).toBeLessThanOrEqual(count * 1.02);
    expect(kills).toBeGreaterThan(2);
    expect(new Set(all.map(({ id }) => id)).size).toBe(count);
  }, 180_000);

  test('Ctrl-C ends with 130 and prints the command that goes on', async () => {
    write('stop.csv', rowsOf(200, { tag: `stop-${mode}`, first_token_ms: 100 }));
    const args = ['batch', 'run', 'stop.csv', ...prompt, '--out', 'stop.jsonl', '--concurrency', '10', '--yes'];
    const { child, ended } = shell.start(args);
    await expect
      .poll(() => existsSync(shell.path('stop.jsonl')) && readFileSync(shell.path('stop.jsonl')).length > 500, { timeout: 20_000 })
      .toBe(true);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain(
      "sluice batch run stop.csv --prompt '[[sim {{title}}]] Say it.' -m mock --max-tokens 50 --out stop.jsonl --concurrency 10 --yes",
    );
    const again = await shell.run(args);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Going on: ')]);
    expect(results('stop.jsonl')).toHaveLength(200);
    expect(world.simulator.ledger.calls(`stop-${mode}`).length).toBeLessThanOrEqual(204);
  }, 90_000);

  test('what failed is run again by retry, and nothing else', async () => {
    const failing = JSON.stringify({ text: 'second', status: 400, fail_first: 1, tag: `again-${mode}` });
    write('retry.jsonl', [{ title: '{"text":"first"}' }, { title: failing }].map((row) => JSON.stringify(row)).join('\n'));
    const args = ['batch', 'run', 'retry.jsonl', ...prompt, '--out', 'retried.csv', '--yes'];
    const first = await shell.run(args);
    expect([first.code, first.stderr]).toEqual([3, expect.stringContaining('sluice batch retry')]);
    expect((await shell.run(args)).code).toBe(3);
    expect((await shell.run(['batch', 'retry', 'retried.csv'])).code).toBe(0);
    const lines = readFileSync(shell.path('retried.csv'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('\uFEFFrow,title,id,status,answer,error,job_id,input_tokens,output_tokens,cost');
    expect(lines.slice(1).map((line) => /(first|second),,job_/.exec(line)?.[1])).toEqual(['first', 'second']);
    expect(JSON.parse((await shell.run(['batch', 'get', 'retried.csv', '-o', 'json'])).stdout)).toMatchObject({
      done: 2,
      failed: 0,
      retried: 1,
    });
  });

  test('a budget stops the run before it could cost more, and a higher one goes on', async () => {
    write('cap.csv', rowsOf(40, { tag: `cap-${mode}` }));
    const args = ['batch', 'run', 'cap.csv', ...prompt, '--out', 'cap.jsonl', '--yes', '--max-cost'];
    const first = await shell.run([...args, '1']);
    expect([first.code, first.stderr]).toEqual([3, expect.stringContaining('higher --max-cost')]);
    const some = results('cap.jsonl');
    expect(some.length).toBeGreaterThan(2);
    expect(some.length).toBeLessThan(40);
    expect(some.reduce((sum, { cost }) => sum + Number(cost), 0)).toBeLessThanOrEqual(1);
    // Rows whose cost came too late for the output count all the same.
    write('cap.jsonl', readFileSync(shell.path('cap.jsonl'), 'utf8').replaceAll(/"cost":"[\d.]+"/g, '"cost":null'));
    expect(await shell.run([...args, '1'])).toMatchObject({ code: 3 });
    expect(results('cap.jsonl').length).toBeLessThanOrEqual(some.length + 2);
    expect(await shell.run([...args, '100'])).toMatchObject({ code: 0 });
    expect(results('cap.jsonl')).toHaveLength(40);
  });

  test('without credits it ends with 7, keeps what is done, and goes on after a recharge', async () => {
    const poor = await world.user('0.5');
    write('poor.csv', rowsOf(30, { tag: `poor-${mode}` }));
    const args = ['batch', 'run', 'poor.csv', ...prompt, '--out', 'poor.jsonl', '--concurrency', '3', '--yes', '--key', poor.key];
    expect(await shell.run(args)).toMatchObject({ code: 7 });
    await world.admin.post('/v1/admin/orders', { user_id: poor.id, amount: '100', note: 'more' });
    expect(await shell.run(args)).toMatchObject({ code: 0 });
    expect(results('poor.jsonl')).toHaveLength(30);
    expect(world.simulator.ledger.calls(`poor-${mode}`)).toHaveLength(30);
  });
});

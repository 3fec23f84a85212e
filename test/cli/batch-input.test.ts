import { createWriteStream, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type World } from '../support/world.ts';
import { createShell, type Ended, type Shell } from './run-sluice.ts';

let world: World;
let shell: Shell;

beforeAll(async () => {
  world = await startWorld('distributed');
  shell = createShell(world, await world.user('1000'));
});
afterAll(async () => {
  await shell.folder.close();
  await world.close();
});

const write = (name: string, content: string | Uint8Array) => writeFileSync(shell.path(name), content);
const run = (...args: string[]): Promise<Ended> => shell.run(['batch', 'run', ...args]);
const ask = ['-m', 'mock', '--prompt', 'About {{title}}', '--max-tokens', '50', '--out', 'never.jsonl', '--yes'];

describe('input that cannot be used ends with 2 and an exact message, and nothing was run', () => {
  const cases: [what: string, file: string, content: string | Uint8Array, args: string[], message: string | RegExp][] = [
    ['an empty file', 'empty.csv', '', ask, 'empty.csv is empty.'],
    ['a header alone', 'head.csv', 'title\n', ask, 'head.csv has no rows.'],
    ['a missing column', 'column.csv', 'name,price\na,1\n', ask, 'There is no column title; '],
    ['a mapping to no column', 'map.csv', 'name\na\n', [...ask, '--map', 'title=label'], 'there is no column label'],
    [
      'a mapping of no variable',
      'map2.csv',
      'title\na\n',
      [...ask, '--map', 'colour=title'],
      'there is no variable colour; there are title.',
    ],
    [
      'a value for no variable',
      'var.csv',
      'title\na\n',
      [...ask, '--var', 'tone=dry'],
      '--var tone: there is no variable tone; there are title.',
    ],
    [
      'a fault behind a cell of two lines',
      'lines.csv',
      'title,x\n"a\nb",1\n"c\nd",1,2\n',
      ask,
      'line 4: has 3 columns, and the header has 2',
    ],
    ['a column that is there twice', 'twice.csv', 'title,title\na,b\n', ask, 'the column "title" is there twice'],
    ['a row with too many columns', 'wide.csv', 'title\na\nb,c\nd\n', ask, 'line 3: has 2 columns, and the header has 1'],
    ['an empty cell', 'cell.csv', 'title,x\na,1\n,2\n', ask, 'line 3: title is empty'],
    [
      'a name that is there twice',
      'ids.csv',
      'id,title\n1,a\n2,b\n1,c\n',
      [...ask, '--id', 'id'],
      'line 4: has the same id as line 2: "1"',
    ],
    ['a quote that is never closed', 'quote.csv', 'title\n"a\nb\n', ask, 'a quote that was opened is never closed'],
    ['a line that is not JSON', 'json.jsonl', '{"title":"a"}\n{"title":\n', ask, 'line 2: is not JSON'],
    ['a line that is no object', 'list.jsonl', '{"title":"a"}\n[1]\n', ask, 'line 2: is not an object'],
    ['bytes that are no text', 'bytes.csv', new Uint8Array([0x74, 0x0a, 0xff, 0xff, 0x0a]), ask, 'is not UTF-8, GBK or UTF-16'],
    ['a workbook', 'book.xlsx', 'PK', ask, 'is a workbook; save it as CSV'],
    ['an unknown kind of file', 'rows.txt', 'title\na\n', ask, 'say with --format'],
  ];
  test.each(cases)('%s', async (_what, file, content, args, message) => {
    write(file, content);
    const { code, stdout, stderr } = await run(file, ...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
    expect(existsSync(shell.path('never.jsonl'))).toBe(false);
    expect(existsSync(shell.path('never.jsonl.state'))).toBe(false);
  });

  test('a file that is not there, no --out, nobody to ask, an unknown model', async () => {
    write('good.csv', 'title\na\n');
    expect(await run('nowhere.csv', ...ask)).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no file') });
    expect(await run('good.csv', '-m', 'mock', '--prompt', 'x {{title}}')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--out'),
    });
    const unasked = await run('good.csv', '-m', 'mock', '--prompt', 'x {{title}}', '--out', 'never.jsonl');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('say it with --yes') });
    expect(await run('good.csv', '-m', 'nothing', '--prompt', 'x {{title}}', '--out', 'never.jsonl', '--yes')).toMatchObject({ code: 5 });
    expect(existsSync(shell.path('never.jsonl.state'))).toBe(false);
  });

  test('a wrong key ends with 4, a server out of reach with 8, a template that is not there with 5', async () => {
    write('good.csv', 'title\na\n');
    expect(await run('good.csv', ...ask, '--key', 'sk-wrong')).toMatchObject({ code: 4, stderr: expect.stringContaining('sluice login') });
    const away = await run('good.csv', ...ask, '--url', 'http://127.0.0.1:1');
    expect(away).toMatchObject({ code: 8, stderr: expect.stringContaining('http://127.0.0.1:1 could not be reached') });
    const template = ['--template', 'nowhere', '--out', 'never.jsonl', '--yes'];
    expect(await run('good.csv', ...template)).toMatchObject({ code: 5, stderr: expect.stringContaining('There is no template nowhere') });
    expect(existsSync(shell.path('never.jsonl.state'))).toBe(false);
  });

  test('a line of a gigabyte is refused without being held in memory', async () => {
    const file = createWriteStream(shell.path('huge.csv'));
    const piece = 'x'.repeat(1 << 20);
    file.write('title\n"');
    for (let i = 0; i < 1024; i += 1) if (!file.write(piece)) await once(file, 'drain');
    file.end('"\n');
    await once(file, 'close');
    const env = { NODE_OPTIONS: '--max-old-space-size=256' };
    const { code, stderr } = await shell.run(['batch', 'run', 'huge.csv', ...ask], { env });
    expect(stderr).toContain('is longer than 8 million characters');
    expect(code).toBe(2);
  }, 120_000);
});

describe('input is read as what it is', () => {
  const zh = '标题\n说\n';
  const gbk = new Uint8Array([0xb1, 0xea, 0xcc, 0xe2, 0x0a, 0xba, 0xd3, 0xc1, 0xf7, 0x0a]);
  const utf16 = (text: string, isBig: boolean) => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
    return isBig ? bytes.swap16() : bytes;
  };
  const cases: [string, string | Uint8Array, string][] = [
    ['utf8.csv', zh, '说'],
    ['utf8-bom.csv', `\uFEFF${zh}`, '说'],
    ['utf16le.csv', utf16(zh, false), '说'],
    ['utf16be.csv', utf16(zh, true), '说'],
    ['gbk.csv', gbk, '河流'],
    ['crlf.tsv', '标题\tb\r\n"河\t流"\t2\r\n', '河\t流'],
    ['semicolons.csv', '价格;标题\r\n1,5;河流\r\n', '河流'],
    ['said.csv', 'sep=|\r\n标题|b,c\r\n河流|2\r\n', '河流'],
    ['unicode-text.csv', utf16('标题\tb\r\n河流\t2\r\n', false), '河流'],
  ];
  test.each(cases)('%s', async (file, content, asked) => {
    write(file, content);
    const out = `${file}.out.csv`;
    const { code, stderr } = await run(file, '-m', 'mock', '--prompt', '{{标题}}', '--max-tokens', '50', '--out', out, '--yes');
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(readFileSync(shell.path(out), 'utf8').replaceAll('""', '"')).toContain(asked);
  });

  test('bad rows are left out with --skip-bad, and cells cannot be formulas', async () => {
    write('formula.csv', 'title,note\n=1+1,@x\n,2\n"[[sim {""text"":""=HYPERLINK(1)""}]]",-3\n');
    const { code, stderr } = await run(
      'formula.csv',
      '-m',
      'mock',
      '--prompt',
      '{{title}}',
      '--max-tokens',
      '50',
      '--out',
      'formula.out.csv',
      '--yes',
      '--skip-bad',
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('line 3: title is empty')]);
    const text = readFileSync(shell.path('formula.out.csv'), 'utf8');
    expect(text).toContain("'=1+1,'@x");
    expect(text).toContain("'=HYPERLINK(1)");
    expect(text).not.toMatch(/(^|,)[=@+-]/m);
  });

  test('a sample is printed and leaves no file behind', async () => {
    write('sample.csv', `title\n${Array.from({ length: 9 }, (_, i) => `number ${i}`).join('\n')}\n`);
    const { code, stdout, stderr } = await run('sample.csv', ...ask, '--sample', '3', '-o', 'jsonl');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).row),
    ).toEqual([1, 2, 3]);
    expect(stderr).toContain('all 9 cost about');
    expect(code).toBe(0);
    expect(existsSync(shell.path('never.jsonl'))).toBe(false);
  });

  test('a template on the server is filled in from the columns, as the types it has', async () => {
    const properties = {
      name: { type: 'string', maxLength: 10 },
      words: { type: 'integer', minimum: 2 },
      tone: { type: 'string', enum: ['dry', 'warm'], default: 'dry' },
    };
    const user = '[[sim {"text":"{{name}} in {{words}}, {{tone}}"}]] Go.';
    const { status } = await world.admin.post('/v1/templates', {
      slug: 'cli-test',
      name: 'Test',
      source: 'built_in',
      model: 'mock',
      user,
      variables: { properties, required: ['name', 'words'] },
    });
    expect(status).toBe(201);
    const args = ['products.csv', '--template', 'cli-test', '--map', 'name=title', '--out', 'products.out.jsonl', '--yes'];
    write('products.csv', 'title,words\nKettle,ten\nGnome,5\n');
    expect(await run(...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('line 2: words must be of type integer, and is "ten"'),
    });
    write('products.csv', 'title,words,tone\nKettle,1,\nA very long name,5,\nGnome,5,loud\n');
    const { stderr: faults } = await run(...args);
    expect(faults).toContain('line 2: words must be at least 2, and is "1"');
    expect(faults).toContain('line 3: title must be at most 10 characters, and is "A very long name"');
    expect(faults).toContain('line 4: tone must be one of dry, warm, and is "loud"');
    write('products.csv', 'title,words\nKettle,10\nGnome,5\n');
    const { code, stderr } = await run(...args, '--var', 'tone=warm');
    expect(code, stderr).toBe(0);
    const texts = readFileSync(shell.path('products.out.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).text);
    expect(texts.sort()).toEqual(['Gnome in 5, warm', 'Kettle in 10, warm']);

    // A run goes on with the version that it began with, and another run may name one.
    const { body: changed } = await world.admin.patch('/v1/templates/cli-test', {
      user: '[[sim {"text":"New {{name}}"}]] {{words}} {{tone}}',
    });
    expect(changed['version']).toBe(2);
    const state = JSON.parse(readFileSync(shell.path('products.out.jsonl.state'), 'utf8'));
    expect(state).toMatchObject({ rows: 2, template: `${changed.id}@1` });
    rmSync(shell.path('products.out.jsonl'));
    expect(await run(...args, '--var', 'tone=warm')).toMatchObject({ code: 0 });
    expect(readFileSync(shell.path('products.out.jsonl'), 'utf8')).toContain('Kettle in 10, warm');
    const sample = (name: string) => run('products.csv', '--template', name, '--map', 'name=title', '--sample', '1', '-o', 'jsonl');
    expect((await sample('cli-test@1')).stdout).toContain('Kettle in 10, dry');
    expect((await sample('cli-test')).stdout).toContain('New Kettle');
  });

  test('what all rows can cost is the same under the name of the model and under what stands for it', async () => {
    await world.admin.send('PUT', '/v1/admin/default-models/text', { model: 'mock' });
    const variables = { properties: { title: { type: 'string' } }, required: ['title'] };
    await world.admin.post('/v1/templates', { slug: 'cli-cost', name: 'Test', source: 'built_in', user: '{{title}}', variables });
    write('cost.csv', `title\na\n${'long '.repeat(2000)}\n`);
    const estimate = async (...model: string[]) =>
      /2 rows can cost up to [\d.]+/.exec((await run('cost.csv', '--template', 'cli-cost', '--out', 'never.jsonl', ...model)).stderr)?.[0];
    expect(await estimate()).toMatch(/\d/);
    expect(await estimate()).toBe(await estimate('-m', 'mock'));
  });

  test('lines may be jobs of their own', async () => {
    write(
      'jobs.jsonl',
      `${JSON.stringify({ input: '[[sim {"text":"one"}]] a', model: 'mock', params: { max_tokens: 9 } })}\n${JSON.stringify({ messages: [{ role: 'user', content: '[[sim {"text":"two"}]] b' }], model: 'mock' })}\n`,
    );
    expect(await run('jobs.jsonl', '--out', 'jobs.out.jsonl', '--yes')).toMatchObject({ code: 0 });
    const texts = readFileSync(shell.path('jobs.out.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).text);
    expect(texts.sort()).toEqual(['one', 'two']);
  });
});

describe('a run goes on only with what it began with', () => {
  const args = (out: string, prompt = 'Say {{title}}') => [
    'same.csv',
    '-m',
    'mock',
    '--prompt',
    prompt,
    '--max-tokens',
    '50',
    '--out',
    out,
    '--yes',
  ];

  test('a changed input and changed options are refused with the way out; --force-new begins anew', async () => {
    write('same.csv', 'title\na\n');
    expect(await run(...args('same.jsonl'))).toMatchObject({ code: 0 });
    const options = await run(...args('same.jsonl', 'Sing {{title}}'));
    expect(options).toMatchObject({ code: 2, stderr: expect.stringContaining('prompt was "Say {{title}}" and is "Sing {{title}}"') });
    write('same.csv', 'title\nb\n');
    const changed = await run(...args('same.jsonl'));
    expect(changed).toMatchObject({ code: 2, stderr: expect.stringMatching(/has changed since the run .*--force-new/s) });
    expect(await run(...args('same.jsonl'), '--force-new')).toMatchObject({ code: 0 });
  });

  test('a file that belongs to no run is not overwritten; a lost output is fetched again and not asked again', async () => {
    write('same.csv', 'title\n"[[sim {""tag"":""lost"",""text"":""x""}]]"\n');
    write('mine.jsonl', 'precious\n');
    expect(await run(...args('mine.jsonl'))).toMatchObject({ code: 2, stderr: expect.stringContaining('belongs to no run') });
    expect(readFileSync(shell.path('mine.jsonl'), 'utf8')).toBe('precious\n');
    expect(await run(...args('lost.jsonl'))).toMatchObject({ code: 0 });
    rmSync(shell.path('lost.jsonl'));
    expect(await run(...args('lost.jsonl'))).toMatchObject({ code: 0 });
    expect(readFileSync(shell.path('lost.jsonl'), 'utf8')).toContain('"text":"x"');
    expect(world.simulator.ledger.calls('lost')).toHaveLength(1);
  });

  test('two at once are refused', async () => {
    write('same.csv', 'title\n"[[sim {""tokens"":100,""tokens_per_s"":12}]]"\n');
    const { child, ended } = shell.start(['batch', 'run', ...args('both.jsonl')]);
    await expect.poll(() => existsSync(shell.path('both.jsonl.state')), { timeout: 10_000 }).toBe(true);
    expect(await run(...args('both.jsonl'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`The process ${child.pid} is writing`),
    });
    child.kill('SIGKILL');
    await ended;
    expect(await run(...args('both.jsonl'))).toMatchObject({ code: 0 });
  });
});

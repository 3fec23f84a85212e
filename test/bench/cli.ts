import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { createClosers } from '@sluice/platform';
import { processorMs, residentBytes } from './child.ts';
import { startBatchRun, type BatchRun } from './cli-run.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { Sluice } from './sluice.ts';
import { createWorld } from './world.ts';

interface CliSizes {
  rows: number;
  kills: number;
}

interface Stand {
  dir: string;
  sluice: Sluice;
  simulatorUrl: string;
  rows: number;
}

/*
 * A CSV of so many rows through `sluice batch run`: once in peace, to see whether its memory grows, and once killed with SIGKILL at
 * random moments and run again, to see whether every row stands once in the output and what it was asked of the provider.
 */
const sizes: CliSizes = process.argv.includes('--quick') ? { rows: 1000, kills: 3 } : { rows: 10_000, kills: 10 };
await benchCli(sizes);

async function benchCli({ rows, kills }: CliSizes): Promise<void> {
  const closers = createClosers();
  try {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-cli-'));
    closers.add('rows', () => rmSync(dir, { recursive: true, force: true }));
    const world = await createWorld(closers);
    await world.act('cli', async ({ sluice }) => {
      await sluice.startWorker();
      await sluice.startBilling();
      const stand = { dir, sluice, simulatorUrl: new URL(world.providerUrl).origin, rows };
      await pipeline(Readable.from(lines(rows)), createWriteStream(join(dir, 'rows.csv')));
      await runInPeace(stand);
      await runUnderKills(stand, kills);
      const { findings } = (await sluice.call('/v1/admin/audit')) as { findings: number };
      console.log(`audit: ${findings} findings`);
    });
  } finally {
    await closers.closeAll();
  }
}

function* lines(rows: number): Generator<string> {
  yield 'row,name,price\n';
  for (let row = 1; row <= rows; row += 1) yield `${row},"Kettle, no. ${row}",${(row % 97) + 0.5}\n`;
}

async function runInPeace(stand: Stand): Promise<void> {
  const startedAt = performance.now();
  const run = await start(stand, 'peace');
  const memory: string[] = [];
  let perRowMs = 0;
  for (const share of [0.2, 0.5, 0.98]) {
    while ((await countLines(run.out)) < stand.rows * share) {
      if (!run.isRunning()) throw new Error(`the command ended: ${run.said()}`);
      await wait(100);
    }
    // It may end while it is looked at.
    const isThere = await Promise.race([collectGarbage(run).then(() => true), run.ended.then(() => false)]);
    if (!isThere) break;
    const done = await countLines(run.out);
    memory.push(`${Math.round(residentBytes(run.pid) / 1024 / 1024)} MB at ${done}`);
    perRowMs = processorMs([run]) / done;
  }
  const code = await run.ended;
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `in peace: ${stand.rows} rows in ${seconds.toFixed(0)} s, ${(stand.rows / seconds).toFixed(0)} rows/s, exit code ${code}; ${perRowMs.toFixed(1)} ms of processor time a row`,
  );
  console.log(`memory of the command after a garbage collection: ${memory.join(', ')} rows`);
  await tellRows(stand, run);
}

async function runUnderKills(stand: Stand, kills: number): Promise<void> {
  const name = 'kills';
  let killed = 0;
  let run = await start(stand, name);
  for (; killed < kills; killed += 1) {
    await Promise.race([run.ended, wait(700 + Math.random() * 3300)]);
    if (!run.isRunning()) break;
    run.kill();
    await run.ended;
    run = await start(stand, name);
  }
  const code = await run.ended;
  console.log(`killed ${killed} times at random moments and run again: exit code ${code}`);
  if (code !== 0) console.log(run.said());
  await tellRows(stand, run);
}

function start({ dir, sluice }: Stand, name: string): Promise<BatchRun> {
  const prompt = `[[sim {"tag":"${name}","text":"answer {{row}}","first_token_ms":50}]] Describe {{name}} for {{price}}.`;
  return startBatchRun({ dir, name, prompt, model: sluice.model, url: sluice.side.origin, key: sluice.apiKey });
}

/** Whether every row stands once with its own answer, and how often the provider was asked. */
async function tellRows({ rows, simulatorUrl }: Stand, { out, name }: BatchRun): Promise<void> {
  const seen = new Map<number, number>();
  let wrong = 0;
  for await (const line of createInterface({ input: createReadStream(out) })) {
    const { row, text } = JSON.parse(line) as { row: number; text: string };
    seen.set(row, (seen.get(row) ?? 0) + 1);
    if (text !== `answer ${row}`) wrong += 1;
  }
  const twice = [...seen.values()].filter((times) => times > 1).length;
  const { calls } = (await (await fetch(`${simulatorUrl}/sim/ledger?tag=${name}`)).json()) as { calls: unknown[] };
  console.log(
    `rows in the output: ${seen.size} of ${rows}, ${twice} of them twice, ${wrong} with another row's answer; ${(calls.length / rows).toFixed(4)} calls a row (at most 1.02)`,
  );
}

async function countLines(path: string): Promise<number> {
  let count = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) for (const byte of chunk) count += byte === 0x0a ? 1 : 0;
  } catch {
    // Not begun yet.
  }
  return count;
}

import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClosers, createLogger, type Closers } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { OpenAI } from 'openai';
import { startRedis } from '../support/start-redis.ts';
import { processorMs, residentBytes, startChild, type Child } from './child.ts';
import { collectGarbage } from './collect-garbage.ts';
import { freePort } from './free-port.ts';
import { quantile } from './quantiles.ts';

/*
 * node test/bench/batches.ts [--rows 10000] [--places 100] [--seconds 1]: how fast a large file is validated, how close a batch comes to what
 * its provider could do at the most (so many places, so many seconds an answer), and whether any process grows meanwhile.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000' },
    places: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '1' },
    validate: { type: 'string', default: '50000' },
  },
});
const rows = Number(values.rows);
const places = Number(values.places);
const seconds = Number(values.seconds);

interface Roles {
  api: Child;
  worker: Child;
  billing: Child;
}

const closers = createClosers();
let made: string | null = null;
try {
  const { sdk, neighbour, call, roles } = await start(closers);
  await measureNeighbour(neighbour, 'alone');
  await measureValidation(sdk, call, roles);
  await measureRun(sdk, roles, neighbour);
} finally {
  await closers.closeAll();
}

async function measureValidation(sdk: OpenAI, call: Call, { worker }: Roles): Promise<void> {
  const id = await create(sdk, Number(values.validate), { paused: true });
  const [startedAt, cpuBefore] = [performance.now(), processorMs([worker])];
  while ((await sdk.batches.retrieve(id)).status === 'validating') await wait(50);
  const [tookS, cpuS] = [(performance.now() - startedAt) / 1000, (processorMs([worker]) - cpuBefore) / 1000];
  const { estimate } = (await call(`/v1/batches/${id}`)) as { estimate: unknown };
  console.log(
    `validation of ${values.validate} lines: ${tookS.toFixed(1)} s, ${cpuS.toFixed(1)} s of processor time; ${JSON.stringify(estimate)}`,
  );
  await sdk.batches.cancel(id);
  while ((await sdk.batches.retrieve(id)).status !== 'cancelled') await wait(100);
}

interface Sample {
  done: number;
  atMs: number;
  cpuMs: Record<string, number>;
  memoryMb: Record<string, number>;
}

async function sampleOf(roles: Roles, done: number): Promise<Sample> {
  const entries = Object.entries(roles) as [string, Child][];
  for (const [, child] of entries) await collectGarbage(child);
  return {
    done,
    atMs: performance.now(),
    cpuMs: Object.fromEntries(entries.map(([role, child]) => [role, processorMs([child])])),
    memoryMb: Object.fromEntries(entries.map(([role, { pid }]) => [role, Math.round(residentBytes(pid) / 1024 / 1024)])),
  };
}

/** How long somebody else waits for the first token of a provider that answers at once. */
async function measureNeighbour(sdk: OpenAI, when: string): Promise<void> {
  const waits: number[] = [];
  for (let asked = 0; asked < 200; asked += 1) {
    const askedAt = performance.now();
    const content = '[[sim {"tokens":5,"first_token_ms":0,"tokens_per_s":1000}]] Quick.';
    const stream = await sdk.chat.completions.create({
      model: 'bench',
      messages: [{ role: 'user', content }],
      max_tokens: 10,
      stream: true,
    });
    let first: number | null = null;
    for await (const { choices } of stream) if (choices[0]?.delta.content) first ??= performance.now() - askedAt;
    waits.push(first ?? Number.NaN);
    await wait(50);
  }
  console.log(
    `first token of somebody else, ${when}: p50 ${quantile(waits, 0.5).toFixed(0)} ms, p99 ${quantile(waits, 0.99).toFixed(0)} ms`,
  );
}

async function measureRun(sdk: OpenAI, roles: Roles, neighbour: OpenAI): Promise<void> {
  const id = await create(sdk, rows, {});
  const samples: Sample[] = [];
  for (const share of [0.05, 0.2, 0.4, 0.6, 0.8, 0.95]) {
    const done = async () => (await sdk.batches.retrieve(id)).request_counts?.completed ?? 0;
    while ((await done()) < rows * share) await wait(200);
    samples.push(await sampleOf(roles, await done()));
    if (share === 0.2) await measureNeighbour(neighbour, 'beside the batch');
  }
  let batch = await sdk.batches.retrieve(id);
  for (; batch.status !== 'completed'; batch = await sdk.batches.retrieve(id)) await wait(200);
  const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample];
  const perS = (last.done - first.done) / ((last.atMs - first.atMs) / 1000);
  const limitPerS = places / seconds;
  const wholeS = (batch.completed_at ?? 0) - (batch.in_progress_at ?? 0);
  console.log(`${rows} rows: ${wholeS} s from the first to the files; the provider alone would take ${(rows / limitPerS).toFixed(0)} s`);
  console.log(
    `steady: ${perS.toFixed(1)} rows/s of ${limitPerS.toFixed(1)} possible: ${((100 * perS) / limitPerS).toFixed(1)} %`,
    JSON.stringify(batch.request_counts),
  );
  for (const role of Object.keys(roles)) {
    const cpuMs = ((last.cpuMs[role] ?? 0) - (first.cpuMs[role] ?? 0)) / (last.done - first.done);
    const memory = samples.map(({ done, memoryMb }) => `${memoryMb[role]} MB at ${done}`).join(', ');
    console.log(`${role}: ${cpuMs.toFixed(2)} ms of processor time a row; after a garbage collection ${memory}`);
  }
}

async function create(sdk: OpenAI, count: number, more: object): Promise<string> {
  const path = join(folder(), `${count}.jsonl`);
  await pipeline(Readable.from(lines(count)), createWriteStream(path));
  const file = await sdk.files.create({ file: createReadStream(path), purpose: 'batch' });
  return (await sdk.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', ...more })).id;
}

function folder(): string {
  if (!made) {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-batches-'));
    closers.add('folder', () => rmSync(dir, { recursive: true, force: true }));
    made = dir;
  }
  return made;
}

function* lines(count: number): Generator<string> {
  const tokens = 20;
  const content = `[[sim {"tokens":${tokens},"first_token_ms":0,"tokens_per_s":${tokens / seconds}}]] Describe the product in a sentence. `;
  for (let i = 0; i < count; i += 1) {
    const messages = [{ role: 'user', content: `${content}${'word '.repeat(60)}${i}` }];
    yield `${JSON.stringify({ custom_id: `row-${i}`, method: 'POST', url: '/v1/chat/completions', body: { model: 'bench', messages, max_tokens: 100 } })}\n`;
  }
}

type Call = (path: string, body?: unknown) => Promise<unknown>;

async function start(closing: Closers): Promise<{ sdk: OpenAI; neighbour: OpenAI; call: Call; roles: Roles }> {
  const log = createLogger('warn', 'bench');
  const postgres = await startPostgres({ dataDir: join(folder(), 'postgres'), log, onProgress: (message) => console.error(message) });
  closing.add('PostgreSQL', () => postgres.close());
  const redis = await startRedis();
  closing.add('Redis', () => redis.close());
  const [port, simulatorPort] = [await freePort(), await freePort()];
  const simulator = await startChild({
    script: 'packages/providers/src/simulator/main.ts',
    args: [String(simulatorPort)],
    closers: closing,
  });
  await simulator.says(/listens/);
  const apiKey = `sk-${'b'.repeat(32)}`;
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    DATA_DIR: folder(),
    PORT: String(port),
    SECRET_KEY: 'k'.repeat(40),
    ADMIN_EMAIL: 'bench@example.com',
    ADMIN_API_KEY: apiKey,
    // A batch gets four fifths of the places.
    WORKER_CONCURRENCY: String(Math.ceil(places / 0.8)),
    LOG_LEVEL: 'warn',
  };
  const role = (name: string) => startChild({ script: `apps/${name}/src/main.ts`, env, closers: closing });
  const api = await role('api');
  await api.says(/sluice ready/);
  const roles = { api, worker: await role('worker'), billing: await role('billing') };
  const origin = `http://127.0.0.1:${port}`;
  const call: Call = async (path, body) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
    const response = await fetch(origin + path, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const baseUrl = `http://127.0.0.1:${simulatorPort}`;
  await fetch(`${baseUrl}/sim/faults`, { method: 'POST', body: JSON.stringify({ concurrency: Math.ceil(places / 0.8) }) });
  await call('/v1/admin/providers', { name: 'bench', base_url: `${baseUrl}/v1`, api_key: 'sk-bench' });
  const price = { mode: 'simple', input_price: '0.01', output_price: '0.02' };
  await call('/v1/admin/models', { alias: 'bench', routes: [{ provider: 'bench', model: 'sluice-sim' }], price });
  const { user } = (await call('/v1/me')) as { user: { id: string } };
  await call('/v1/admin/orders', { user_id: user.id, amount: '1000000000', note: 'benchmark' });
  const { id } = (await call('/v1/admin/users', { email: 'neighbour@example.com', password: 'correct horse battery' })) as { id: string };
  await call('/v1/admin/orders', { user_id: id, amount: '1000000', note: 'benchmark' });
  const login = { email: 'neighbour@example.com', password: 'correct horse battery' };
  const { access_token: token } = (await call('/v1/auth/login', login)) as { access_token: string };
  const baseURL = `${origin}/v1`;
  return { sdk: new OpenAI({ baseURL, apiKey }), neighbour: new OpenAI({ baseURL, apiKey: token }), call, roles };
}

import { randomBytes } from 'node:crypto';
import type { Closers } from '@sluice/platform';
import { startChild, type Child } from './child.ts';
import { freePort } from './free-port.ts';
import { question, type Call, type Contender, type Side } from './side.ts';

export interface Sluice extends Contender {
  apiKey: string;
  model: string;
  /** An administrator's request; a POST when it has a body. */
  call: Request;
  /** A thousand rows in one request. */
  submitBulk(text: string): Call;
  startWorker(): Promise<void>;
  startBilling(): Promise<void>;
}

interface SluiceOptions {
  databaseUrl: string;
  redisUrl: string;
  providerUrl: string;
  concurrency: number;
  closers: Closers;
}

/** The product as it runs distributed: API, worker and billing in processes of their own, a caller with an API key and credits. */
export async function startSluice({ databaseUrl, redisUrl, providerUrl, concurrency, closers }: SluiceOptions): Promise<Sluice> {
  const port = await freePort();
  const apiKey = `sk-${randomBytes(24).toString('hex')}`;
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    PORT: String(port),
    SECRET_KEY: randomBytes(32).toString('hex'),
    ADMIN_EMAIL: 'bench@example.com',
    ADMIN_API_KEY: apiKey,
    WORKER_CONCURRENCY: String(concurrency),
    LOG_LEVEL: 'warn',
  };
  const processes: Child[] = [];
  const start = async (role: string) => {
    const child = await startChild({ script: `apps/${role}/src/main.ts`, env, closers });
    processes.push(child);
    return child;
  };
  const origin = `http://127.0.0.1:${port}`;
  const server = await start('api');
  await server.says(/sluice ready/);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  const request = (path: string, body?: unknown) => callJson(origin, headers, path, body);
  await furnish(request, providerUrl);
  return {
    processes,
    apiKey,
    model: modelAlias,
    call: request,
    side: sluiceSide(origin, headers),
    submitBulk: (text) => ({
      method: 'POST',
      path: '/v1/jobs/bulk',
      headers,
      body: JSON.stringify({ jobs: Array.from({ length: 1000 }, () => jobOf(text)) }),
    }),
    async startWorker() {
      await start('worker');
      await request('/v1/jobs?wait=60', jobOf(question({ tokens: 1 })));
    },
    startBilling: async () => void (await start('billing')),
  };
}

type Request = (path: string, body?: unknown) => Promise<unknown>;

const modelAlias = 'bench';
const jobOf = (input: string) => ({ model: modelAlias, input, params: { max_tokens: 300 } });

/** What an administrator does once: a provider, a model with a price, credits. */
async function furnish(request: Request, providerUrl: string): Promise<void> {
  await request('/v1/admin/providers', { name: 'bench', base_url: providerUrl, api_key: 'sk-bench' });
  const price = { mode: 'simple', input_price: '0.01', output_price: '0.02' };
  await request('/v1/admin/models', { alias: modelAlias, routes: [{ provider: 'bench', model: 'sluice-sim' }], price });
  const { user } = (await request('/v1/me')) as { user: { id: string } };
  await request('/v1/admin/orders', { user_id: user.id, amount: '1000000000', note: 'benchmark' });
}

async function callJson(origin: string, headers: Record<string, string>, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(origin + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

function sluiceSide(origin: string, headers: Record<string, string>): Side {
  return {
    name: 'sluice',
    origin,
    submit: (text) => ({ method: 'POST', path: '/v1/jobs', headers, body: JSON.stringify(jobOf(text)) }),
    follow: (reply) => ({ method: 'GET', path: `/v1/jobs/${(JSON.parse(reply) as { id: string }).id}/events`, headers }),
    read: readEvent,
  };
}

function readEvent(data: string): { text: string } | 'end' | null {
  const event = JSON.parse(data) as { type: string; delta?: string; status?: string };
  if (event.type === 'text-delta' && event.delta !== undefined) return { text: event.delta };
  if (event.type !== 'job-end') return null;
  if (event.status !== 'completed') throw new Error(`the job ended as ${event.status}: ${data}`);
  return 'end';
}

import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../support/find-chromium.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

const found = findChromium();
if ('missing' in found) console.warn(`The client is not tested in a browser: ${found.missing}`);
const sourceDir = join(import.meta.dirname, '../../packages/client/src');

/** A page of another origin, and the client's own modules as a bundler would hand them out. */
async function servePage(): Promise<Server> {
  const modules = new Map(readdirSync(sourceDir).map((name) => [`/client/${name}`, join(sourceDir, name)]));
  const server = createServer((req, res) => {
    const file = modules.get(req.url ?? '');
    if (!file) return void res.setHeader('content-type', 'text/html').end('<!doctype html><title>a product</title>');
    res.setHeader('content-type', 'text/javascript').end(stripTypeScriptTypes(readFileSync(file, 'utf8')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe.skipIf('missing' in found)('in Chromium', () => {
  let server: Server;
  let world: World;
  let user: TestUser;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await servePage();
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    world = await startWorld('distributed', { CORS_ORIGINS: origin });
    user = await world.user('100');
    if ('path' in found) browser = await chromium.launch({ executablePath: found.path, args: ['--no-sandbox'] });
    page = await browser.newPage();
    await page.goto(origin);
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await world.close();
    server.close();
  });

  /** Runs in the page with a client; what it answers comes back as JSON. */
  const inPage = <Result>(body: string): Promise<Result> =>
    page.evaluate<Result>(`(async () => {
      const sdk = await import('/client/index.ts');
      const client = sdk.createClient({ url: ${JSON.stringify(world.url())}, apiKey: ${JSON.stringify(user.key)} });
      ${body}
    })()`);

  test('it asks, streams, lists and meets typed errors', async () => {
    const seen = await inPage<{ text: string; streamed: string; count: number; code: string; requestId: string }>(`
      const text = await client.ask('[[sim {"text":"Yes."}]] Really?', { model: 'mock' });
      let streamed = '';
      for await (const piece of client.ask.stream('[[sim {"deltas":["a","b","c"],"tokens_per_s":40}]] Spell.', { model: 'mock' })) streamed += piece;
      let count = 0;
      for await (const job of client.jobs.list({ limit: 1 })) count += job.status === 'completed' ? 1 : 0;
      const error = await client.jobs.get('job_00000000000000000000000000').catch((thrown) => thrown);
      return { text, streamed, count, code: error instanceof sdk.NotFoundError ? error.code : 'other', requestId: error.request_id };
    `);
    expect(seen).toEqual({ text: 'Yes.', streamed: 'abc', count: 2, code: 'not_found', requestId: expect.stringMatching(/./) });
  });

  test('its stream survives the API being killed and started again, character for character', async () => {
    const input = '[[sim {"tokens":120,"tokens_per_s":40}]] Speak slowly.';
    await page.evaluate('window.seen = { text: "", ids: [] }');
    const reading = inPage<string>(`
      const { id } = await client.jobs.create({ model: 'mock', input: ${JSON.stringify(input)}, params: { max_tokens: 500 } });
      for await (const entry of client.jobs.events(id)) {
        if (entry.event.type === 'attempt-start') window.seen.text = '';
        if (entry.event.type === 'text-delta') window.seen.text += entry.event.delta;
        window.seen.ids.push(entry.id);
      }
      return id;
    `);
    await expect.poll(() => page.evaluate<number>('window.seen.ids.length'), { timeout: 20_000 }).toBeGreaterThan(8);
    await world.roles.get('api')?.end('SIGKILL');
    await world.start('api', 'api');
    const id = await reading;
    const { text, ids } = await page.evaluate<{ text: string; ids: string[] }>('window.seen');
    const { body: job } = await user.call.get(`/v1/jobs/${id}`);
    expect(job).toMatchObject({ status: 'completed', attempt: 1, output: { text } });
    expect(new Set(ids).size).toBe(ids.length);
  }, 60_000);

  test('leaving the loop closes the connection, and the job goes on', async () => {
    const id = await inPage<string>(`
      const { id } = await client.jobs.create({ model: 'mock', input: '[[sim {"tokens":60,"tokens_per_s":40}]] Talk.', params: { max_tokens: 500 } });
      for await (const { event } of client.jobs.events(id)) if (event.type === 'text-delta') break;
      return id;
    `);
    expect(await inPage(`return (await client.jobs.wait('${id}')).status`)).toBe('completed');
  });

  test('it verifies a webhook', async () => {
    const [id, timestamp, body] = ['msg_1', String(Math.floor(Date.now() / 1000)), '{"type":"job.completed"}'];
    const secret = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
    const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(`${id}.${timestamp}.${body}`).digest('base64');
    const headers = JSON.stringify({ 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` });
    expect(await inPage(`return client.webhooks.verify(${JSON.stringify(body)}, ${headers}, 'whsec_${secret}')`)).toEqual({
      type: 'job.completed',
    });
  });
});

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createClient } from './create-client.ts';

test('a create that is sent again has the same idempotency key; the next one has another', async () => {
  const keys: string[] = [];
  const server = createServer((req, res) => {
    keys.push(String(req.headers['idempotency-key']));
    if (keys.length === 1) return void req.socket.destroy();
    if (keys.length === 2) return void res.writeHead(429, { 'retry-after-ms': '1' }).end('{}');
    res.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"job_1"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    apiKey: () => Promise.resolve('sk-x'),
  });
  expect(await client.jobs.create({ model: 'm', input: 'x' })).toEqual({ id: 'job_1' });
  await client.jobs.create({ model: 'm', input: 'x' });
  server.close();
  expect(keys).toHaveLength(4);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[0]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
});

import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createClient } from './create-client.ts';

let close = () => {};
afterEach(() => close());

/** A server whose n-th connection does what is said, and which notes where each began. */
async function serve(...turns: ((res: ServerResponse) => void)[]) {
  const cursors: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    const turn = turns[Math.min(cursors.length, turns.length - 1)];
    cursors.push(req.headers['last-event-id'] as string | undefined);
    turn?.(res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'sk-x' });
  return { client, cursors };
}

const stream = (res: ServerResponse) => res.writeHead(200, { 'content-type': 'text/event-stream' });
const start = (id: string) => `id: ${id}\ndata: {"type":"attempt-start","attempt":${id[0]}}\n\n`;
const delta = (id: string, text: string) => `id: ${id}\ndata: {"type":"text-delta","attempt":1,"delta":"${text}"}\n\n`;
const end = (id: string) => `id: ${id}\ndata: {"type":"job-end","status":"completed"}\n\n`;

async function read(events: AsyncIterable<{ id: string | null }>): Promise<(string | null)[]> {
  const ids = [];
  for await (const { id } of events) ids.push(id);
  return ids;
}

test('a stream that is cut, refused in passing, ended early and repeated is one stream without gaps or doubles', async () => {
  const { client, cursors } = await serve(
    (res) => stream(res).write(start('1-0') + delta('1-1', 'a') + 'id: 1-2\ndata: {"type":"te', () => res.destroy()),
    (res) => res.writeHead(503, { 'retry-after-ms': '1' }).end('{}'),
    (res) => stream(res).end(delta('1-1', 'a') + delta('1-2', 'b')),
    (res) => stream(res).end(delta('1-3', 'c') + end('2-0')),
  );
  expect(await read(client.jobs.events('job_1'))).toEqual(['1-0', '1-1', '1-2', '1-3', '2-0']);
  expect(cursors).toEqual([undefined, '1-1', '1-1', '1-2']);
});

test('a connection that falls silent is opened again; heartbeats keep it', async () => {
  const { client, cursors } = await serve(
    (res) => {
      stream(res).write(start('1-0'));
      let beats = 0;
      const timer = setInterval(() => (++beats > 6 ? clearInterval(timer) : res.write(': keep-alive\n\n')), 60);
    },
    (res) => stream(res).end(end('2-0')),
  );
  const startedAt = performance.now();
  expect(await read(client.jobs.events('job_1', { silenceMs: 250 }))).toEqual(['1-0', '2-0']);
  expect(performance.now() - startedAt).toBeGreaterThan(6 * 60);
  expect(cursors).toEqual([undefined, '1-0']);
});

test('an answer that will not change is thrown at once, and 204 is the end', async () => {
  const { client, cursors } = await serve((res) =>
    res.writeHead(404).end('{"error":{"message":"none","code":"not_found"},"request_id":"req_1"}'),
  );
  await expect(read(client.jobs.events('job_1'))).rejects.toMatchObject({ code: 'not_found', request_id: 'req_1' });
  expect(cursors).toHaveLength(1);
  close();
  const ended = await serve((res) => res.writeHead(204).end());
  expect(await read(ended.client.jobs.events('job_1', { after: '2-0' }))).toEqual([]);
});

test('an abort ends the reading with its reason', async () => {
  const { client } = await serve((res) => void stream(res).write(start('1-0')));
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _entry of client.jobs.events('job_1', { signal: stop.signal })) stop.abort(new Error('enough'));
  })();
  await expect(reading).rejects.toThrow('enough');
});

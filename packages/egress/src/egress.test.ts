import { once } from 'node:events';
import type { LookupAddress } from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createEgress, type Egress } from './egress.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const four = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 4 }));

async function serve(handle: RequestListener): Promise<{ port: number; server: Server; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((req, res) => {
    seen.push(req.socket.localAddress ?? '');
    handle(req, res);
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  opened.push({ close: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))) });
  return { port: (server.address() as AddressInfo).port, server, seen };
}

function open(parts: Parameters<typeof createEgress>[0]): Egress {
  const egress = createEgress(parts);
  opened.push(egress);
  return egress;
}

const get = (egress: Egress, url: string) => egress.fetch({ url, method: 'GET' });

describe('a request to a URL that a user set', () => {
  test('reaches what the allow list names', async () => {
    const { port } = await serve((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => res.writeHead(202, { 'retry-after': '7' }).end(`${req.method} ${String(req.headers['x-one'])} ${body}`));
    });
    const egress = open({ allow: ['127.0.0.1/32'] });
    const answer = await egress.fetch({ url: `http://127.0.0.1:${port}/`, method: 'POST', headers: { 'x-one': '1' }, body: 'hello' });
    expect(answer).toEqual({ status: 202, retryAfter: '7', body: 'POST 1 hello' });
  });

  test('is refused at dial when the name leads to a private address, by any resolver', async () => {
    const { port, seen } = await serve((_req, res) => res.end());
    await expect(get(open({ allow: [] }), `http://localhost:${port}/`)).rejects.toMatchObject({ reason: 'refused' });
    await expect(get(open({ allow: [] }), `http://localhost.:${port}/`)).rejects.toMatchObject({
      reason: expect.stringMatching(/refused|dns/),
    });
    for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0']) {
      const egress = open({ allow: [], resolve: () => Promise.resolve(four(address)) });
      await expect(get(egress, `http://hooks.example.com:${port}/`)).rejects.toMatchObject({ reason: 'refused' });
    }
    const egress = open({ allow: [], resolve: () => Promise.resolve([{ address: '::ffff:127.0.0.1', family: 6 }]) });
    await expect(get(egress, `http://hooks.example.com:${port}/`)).rejects.toMatchObject({ reason: 'refused' });
    expect(seen).toEqual([]);
  });

  test('is refused when one of many addresses is private, whichever comes first', async () => {
    const { port, seen } = await serve((_req, res) => res.end());
    for (const addresses of [four('93.184.215.14', '127.0.0.1'), four('127.0.0.1', '93.184.215.14')]) {
      const egress = open({ allow: [], resolve: () => Promise.resolve(addresses) });
      await expect(get(egress, `http://hooks.example.com:${port}/`)).rejects.toMatchObject({ reason: 'refused' });
    }
    expect(seen).toEqual([]);
  });

  test('goes to the very address that was checked, though the name flips between two look-ups', async () => {
    const { port, seen } = await serve((_req, res) => res.writeHead(200, { connection: 'close' }).end());
    let looks = 0;
    const egress = open({
      allow: ['127.0.0.2/32'],
      resolve: () => Promise.resolve(four((looks += 1) % 2 === 1 ? '127.0.0.2' : '127.0.0.1')),
    });
    const url = `http://rebind.example.com:${port}/`;
    expect((await get(egress, url)).status).toBe(200);
    expect([looks, seen]).toEqual([1, ['127.0.0.2']]);
    await expect(get(egress, url)).rejects.toMatchObject({ reason: 'refused' });
    expect([looks, seen]).toEqual([2, ['127.0.0.2']]);
  });

  test('may go wherever a host leads that the allow list names', async () => {
    const { port } = await serve((_req, res) => res.end('ok'));
    const egress = open({ allow: ['hooks.internal'], resolve: () => Promise.resolve(four('127.0.0.1')) });
    expect((await get(egress, `http://hooks.internal:${port}/`)).body).toBe('ok');
    await expect(get(egress, `http://other.internal:${port}/`)).rejects.toMatchObject({ reason: 'refused' });
  });

  test.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const { port, seen } = await serve((_req, res) => res.writeHead(status, { location: '/next' }).end());
    expect((await get(open({ allow: ['127.0.0.1'] }), `http://127.0.0.1:${port}/`)).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  test('reads 64 KB of an answer that never ends, and closes the socket', async () => {
    let isClosed: Promise<unknown> = Promise.resolve();
    const { port } = await serve((req, res) => {
      isClosed = new Promise((resolve) => req.socket.on('error', () => {}).on('close', resolve));
      const pump = (): void => {
        while (!res.destroyed && res.write('x'.repeat(16_384)));
        res.once('drain', pump);
      };
      pump();
    });
    const { body } = await get(open({ allow: ['127.0.0.1'] }), `http://127.0.0.1:${port}/`);
    expect(body.length).toBe(65_536);
    await isClosed;
  });

  test('ends in time, wherever the other side hangs; a status that came counts', async () => {
    const mute = createTcpServer();
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    opened.push({ close: () => mute.close() });
    const egress = open({ allow: ['127.0.0.1'], timeoutMs: 100, resolve: () => new Promise(() => {}) });
    await expect(get(egress, `http://127.0.0.1:${(mute.address() as AddressInfo).port}/`)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(get(egress, 'http://slow-dns.example.com/')).rejects.toMatchObject({ reason: 'timeout' });
    const { port } = await serve((_req, res) => void res.writeHead(200).write('beginning'));
    expect(await get(egress, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, body: 'beginning' });
  });

  test('says in plain words why there is no answer, and names no address', async () => {
    const { port, server } = await serve((req) => req.socket.destroy());
    const egress = open({ allow: ['127.0.0.1'] });
    await expect(get(egress, `http://127.0.0.1:${port}/`)).rejects.toMatchObject({ reason: 'broken' });
    await expect(get(egress, `https://127.0.0.1:${port}/`)).rejects.toMatchObject({ reason: 'tls' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const error: unknown = await get(egress, `http://127.0.0.1:${port}/`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'connect', message: expect.not.stringContaining('127.0.0.1') });
    await expect(get(egress, 'http://no-such-name.invalid/')).rejects.toMatchObject({ reason: 'dns' });
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AppError } from '@sluice/platform';
import type { Request } from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receiveUpload } from './receive-upload.ts';

let server: Server;
const endings: string[] = [];

beforeAll(async () => {
  server = createServer((req, res) => {
    const take = (file: AsyncIterable<Uint8Array>) => text(file as AsyncIterable<Buffer>);
    receiveUpload(req as Request, take).then(
      (upload) => res.end(JSON.stringify(upload)),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : 'no error';
        endings.push(message);
        res.writeHead(error instanceof AppError ? error.status : 500).end(message);
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const post = (body: string, contentType = 'multipart/form-data; boundary=b') =>
  fetch(url(), { method: 'POST', body, headers: { 'content-type': contentType } });

const part = (disposition: string, content: string) => `--b\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
const form = `${part('name="file"; filename="in.jsonl"', '{"a":1}\n')}${part('name="purpose"', 'batch')}${part('name="other"; filename="x"', 'y')}--b--\r\n`;

test('the file is read as it comes, and the fields behind it', async () => {
  expect(await (await post(form)).json()).toEqual({ filename: 'in.jsonl', fields: { purpose: 'batch' }, taken: '{"a":1}\n' });
});

test('a form cut off at any byte is refused, and the server lives', async () => {
  const statuses = new Set<number>();
  for (let length = 0; length < form.length - 4; length += 1) statuses.add((await post(form.slice(0, length))).status);
  expect([...statuses]).toEqual([400]);
  expect((await post(form)).status).toBe(200);
});

test.each(['', 'application/json', 'multipart/form-data', 'multipart/mixed; boundary=b'])('%j is no form', async (contentType) => {
  expect((await post(form, contentType)).status).toBe(400);
});

test('names that mean something to JavaScript are fields like any others', async () => {
  const odd = `${part('name="__proto__"', 'x')}${part('name="constructor"', 'y')}${part('name="file"; filename="f"', '')}--b--\r\n`;
  expect(await (await post(odd)).text()).toContain('"fields":{"__proto__":"x","constructor":"y"}');
});

test('a sender that goes away in the middle ends the reading', async () => {
  endings.length = 0;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000\r\n\r\n');
  socket.write(part('name="file"; filename="f"', 'half'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await expect.poll(() => endings).toEqual(['The upload broke off.']);
});

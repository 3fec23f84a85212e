import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import express, { type Response } from 'express';
import { expect, test } from 'vitest';
import { createDrain } from './drain.ts';
import { startServer, type RunningServer } from './server.ts';

async function serve(app: express.Express, graceMs?: number): Promise<RunningServer> {
  return startServer(app, { host: '127.0.0.1', port: 0, drain: createDrain(), ...(graceMs !== undefined && { graceMs }) });
}

/** An app whose answers are made by the test. */
function held(): { app: express.Express; next: () => Promise<Response> } {
  const app = express();
  const arrived: Response[] = [];
  app.get('/', (_req, res) => void arrived.push(res));
  return {
    app,
    async next() {
      for (;;) {
        const res = arrived.shift();
        if (res) return res;
        await wait(5);
      }
    },
  };
}

test('an open stream is ended on close, and its writer hears of it', async () => {
  const { app, next } = held();
  const server = await serve(app);
  const reading = fetch(server.url).then((response) => response.text());
  const res = await next();
  res.setHeader('x-from', 'test');
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  res.write('data: 1\n\n');
  const heard = once(res, 'close');
  await server.close();
  await heard;
  expect(await reading).toBe('data: 1\n\n');
  // A writer that has not heard yet must not bring the process down.
  res.write('data: 2\n\n');
  await wait(10);
});

test("a stream of OpenAI's protocol is broken off on close, since its clients take a clean end for a success", async () => {
  const { app, next } = held();
  const server = await serve(app);
  const asked = fetch(server.url);
  const res = await next();
  res.setHeader('openai-version', '2020-10-01');
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  res.write('data: 1\n\n');
  const broken = expect((await asked).text()).rejects.toThrow();
  await server.close();
  await broken;
});

test('an answer under way is waited for; new connections are refused', async () => {
  const { app, next } = held();
  const server = await serve(app);
  const reading = fetch(server.url).then((response) => response.json());
  const res = await next();
  const closed = server.close();
  await wait(50);
  await expect(fetch(server.url)).rejects.toThrow();
  res.json({ whole: true });
  expect(await reading).toEqual({ whole: true });
  await closed;
});

test('an answer that never comes is cut off after the grace time', async () => {
  const { app, next } = held();
  const server = await serve(app, 50);
  const reading = fetch(server.url).then(
    () => 'answered',
    () => 'cut off',
  );
  await next();
  await server.close();
  expect(await reading).toBe('cut off');
});

test('an idle connection that is kept alive does not hold up the close', async () => {
  const app = express();
  app.get('/', (_req, res) => void res.send('x'));
  const server = await serve(app, 600_000);
  const agent = new Agent({ keepAlive: true });
  const sent = request(server.url, { agent }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  await once(answer.resume(), 'end');
  await server.close();
  agent.destroy();
});

test('a port that is taken is an error', async () => {
  const server = await serve(express());
  await expect(startServer(express(), { host: '127.0.0.1', port: Number(new URL(server.url).port), drain: createDrain() })).rejects.toThrow(
    /PORT: \d+ is taken/,
  );
  await server.close();
});

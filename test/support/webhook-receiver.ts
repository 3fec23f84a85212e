import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  path: string;
  headers: IncomingHttpHeaders;
  /** The exact text. */
  body: string;
  at: number;
}

/** What the receiver answers to the n-th request of a path, counted from 1; `hang` never answers. */
type Answer = number | { status: number; headers?: Record<string, string>; body?: string } | 'hang';

export interface WebhookReceiver {
  url(path: string): string;
  received: ReceivedWebhook[];
  /** Those of one path. */
  at(path: string): ReceivedWebhook[];
  /** Waits until a path has got so many. */
  wait(path: string, count: number): Promise<ReceivedWebhook[]>;
  close(): Promise<void>;
}

const waitMs = 25_000;

/** A server that keeps what it is sent, on a real socket. */
export async function startWebhookReceiver(answer: (path: string, nth: number) => Answer = () => 200): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const at = (path: string) => received.filter((one) => one.path === path);
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const path = req.url ?? '';
      received.push({ path, headers: req.headers, body: Buffer.concat(chunks).toString('utf8'), at: Date.now() });
      const given = answer(path, at(path).length);
      if (given === 'hang') return;
      const { status, headers = {}, body = 'thanks' } = typeof given === 'number' ? { status: given } : given;
      res.writeHead(status, headers).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    received,
    at,
    async wait(path, count) {
      for (const until = Date.now() + waitMs; at(path).length < count;) {
        if (Date.now() > until) throw new Error(`${path} got ${at(path).length} webhooks instead of ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return at(path);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

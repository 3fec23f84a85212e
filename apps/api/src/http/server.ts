import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppConfigError, sleep } from '@sluice/platform';
import type { Drain } from './drain.ts';

export interface RunningServer {
  url: string;
  /** Answers what is under way, ends open streams (their readers resume elsewhere), and refuses what is new. */
  close(): Promise<void>;
}

interface ServerParts {
  host: string;
  /** 0 takes a free port. */
  port: number;
  drain: Drain;
  /** How long answers under way have before their sockets are cut. */
  graceMs?: number;
}

/** Serves an app. @throws AppConfigError when the port cannot be had */
export async function startServer(app: RequestListener, { host, port, drain, graceMs = 10_000 }: ServerParts): Promise<RunningServer> {
  const open = new Set<ServerResponse>();
  const server = createServer(timeouts, (req, res) => {
    open.add(res);
    res.once('close', () => open.delete(res));
    app(req, res);
  });
  await listen(server, { host, port });
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    close: () => closeServer(server, { open, drain, graceMs }),
  };
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const faults: Record<string, string> = {
      EADDRINUSE: `PORT: ${port} is taken, perhaps by a Sluice that runs already; stop it, or set another port`,
      EACCES: `PORT: ${port} may not be opened by this user; set one above 1023`,
      EADDRNOTAVAIL: `HOST: ${host} is no address of this machine`,
      ENOTFOUND: `HOST: ${host} is not known`,
    };
    const fault = faults[(cause as NodeJS.ErrnoException).code ?? ''];
    throw fault === undefined ? cause : new AppConfigError([fault], { cause });
  }
}

/** Keep-alive lasts longer than that of a proxy in front, which would else meet sockets that close under its requests. */
const timeouts = { keepAliveTimeout: 75_000, headersTimeout: 80_000, requestTimeout: 3_600_000 };

const idleMs = 5000;

async function closeServer(
  server: Server,
  { open, drain, graceMs }: { open: Set<ServerResponse>; drain: Drain; graceMs: number },
): Promise<void> {
  drain.start();
  const closed = once(server, 'close');
  server.close();
  const done = new AbortController();
  void closed.then(() => done.abort());
  const endsAt = performance.now() + graceMs;
  // A connection that falls idle after `close` would wait for its keep-alive to end.
  while (!done.signal.aborted && performance.now() < endsAt) {
    for (const res of open) endStream(res);
    server.closeIdleConnections();
    await sleep(20, done.signal);
  }
  server.closeAllConnections();
  await closed;
  // What a broken connection still has to write, such as a cancel.
  const limit = new AbortController();
  await Promise.race([drain.idle(), sleep(idleMs, limit.signal)]);
  limit.abort();
}

/** Only a stream that never ends by itself: other answers are waited for. */
function endStream(res: ServerResponse): void {
  if (!res.headersSent || res.writableEnded || !String(res.getHeader('content-type')).startsWith('text/event-stream')) return;
  // Its writer may be about to write; that fails, and the reader resumes from its cursor.
  res.on('error', () => {});
  // OpenAI's clients take a clean end without a last event for a success; to a broken connection they say so.
  if (res.hasHeader('openai-version')) res.destroy();
  else res.end();
}

import type { Response } from 'express';
import { drained } from './drained.ts';

/** Sends frames to one client. It holds no backlog: whoever calls reads the next event only when the client has taken this one. */
export interface SseWriter {
  write(frame: string): Promise<void>;
  end(): void;
}

/** Starts a stream of server-sent events, which no proxy may buffer or change. The first byte goes at once. */
export function startSse(res: Response): SseWriter {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  res.flushHeaders();
  return {
    async write(frame) {
      if (res.destroyed || res.write(frame)) return;
      await drained(res);
    },
    end: () => res.end(),
  };
}

/** Aborted when the client has gone, which may have been before anybody asked. */
export function closedSignal(res: Response): AbortSignal {
  const closed = new AbortController();
  // With a reason of our own: without one an exception is made of each end, with its stack.
  if (res.destroyed) closed.abort('closed');
  else res.once('close', () => closed.abort('closed'));
  return closed.signal;
}

export const heartbeatFrame = ': keep-alive\n\n';

interface SseFrame {
  id?: string;
  event?: string;
  data: string;
}

/** One frame; `data` is one line of JSON or a word. */
export function renderFrame({ id, event, data }: SseFrame): string {
  return `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`;
}

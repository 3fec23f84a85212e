import type { Response } from 'express';
import { drained } from './drained.ts';

/** Sends frames to one client. It holds no backlog: whoever calls goes on to the next events only when the client has taken these. */
export interface SseWriter {
  /** Aborted when the client has gone, or the stream was ended. */
  readonly closed: AbortSignal;
  /** Writes any number of frames. The promise is there only if the client is slow. */
  write(frames: string): Promise<void> | void;
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
  const closed = abortOnClose(res);
  return {
    closed: closed.signal,
    write(frames) {
      if (frames !== '' && !res.destroyed && !res.write(frames)) return drained(res);
    },
    end() {
      closed.abort('ended');
      res.end();
    },
  };
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

/** Aborted when the client has gone, which may have been before anybody asked. */
export const closedSignal = (res: Response): AbortSignal => abortOnClose(res).signal;

function abortOnClose(res: Response): AbortController {
  const closed = new AbortController();
  // With a reason of our own: without one an exception is made of each end, with its stack.
  if (res.destroyed) closed.abort('closed');
  else res.once('close', () => closed.abort('closed'));
  return closed;
}

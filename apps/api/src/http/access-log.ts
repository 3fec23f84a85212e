import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '@sluice/contract';
import type { Logger } from '@sluice/platform';
import type { Request, Response } from 'express';

declare module 'node:http' {
  interface IncomingMessage {
    /** Set by `accessLog`. */
    id?: string;
  }
}

/** A caller's own request id, if it is one word that is safe in a header and in a log. */
const sane = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Probes and scrapes come every few seconds and say nothing. */
const quietPaths = /^\/(livez|readyz|metrics)$/;

/**
 * Gives every request its id, answers it as `x-request-id`, and writes one line a request when it has ended. Own lines and not
 * pino-http: that made a logger a request, which cost a tenth of a submit even where nothing was to be logged.
 */
export function accessLog(log: Logger): (req: Request, res: Response) => void {
  return (req, res) => {
    const startedMs = performance.now();
    req.id = requestId(req, res);
    // Never the query: it may carry a stream ticket.
    const [path = '/'] = req.originalUrl.split('?');
    if (!quietPaths.test(path)) res.once('close', () => writeLine(log, { req, res, path, ms: performance.now() - startedMs }));
  };
}

/** The id of a request, as its answer and its log line have it. */
export function requestIdOf({ id }: IncomingMessage): string {
  return id ?? '';
}

function requestId(req: IncomingMessage, res: ServerResponse): string {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && sane.test(given) ? given : newId('request');
  res.setHeader('x-request-id', id);
  return id;
}

interface Answered {
  req: IncomingMessage;
  res: ServerResponse;
  path: string;
  ms: number;
}

function writeLine(log: Logger, { req, res, path, ms }: Answered): void {
  const level = res.statusCode >= 500 ? 'error' : 'info';
  if (!log.isLevelEnabled(level)) return;
  const { statusCode: status, writableFinished } = res;
  log[level](
    { request_id: req.id, method: req.method, path, status, ms: Math.round(ms), ...(!writableFinished && { aborted: true }) },
    'request',
  );
}

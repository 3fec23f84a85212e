import { newId } from '@sluice/contract';
import type { Logger } from '@sluice/platform';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pinoHttp } from 'pino-http';

/** A caller's own request id, if it is one word that is safe in a header and in a log. */
const sane = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Probes and scrapes come every few seconds and say nothing. */
const quietPaths = /^\/(livez|readyz|metrics)$/;

/** Gives every request its id, answers it as `x-request-id`, and writes one line a request when it has ended. */
export function accessLog(log: Logger) {
  return pinoHttp({
    logger: log,
    genReqId: requestId,
    autoLogging: { ignore: (req) => quietPaths.test(pathOf(req)) },
    customLogLevel: (_req, res, error) => (error || res.statusCode >= 500 ? 'error' : 'info'),
    // Never the query: it may carry a stream ticket.
    serializers: {
      req: (req: { id: string; method: string; raw: IncomingMessage }) => ({ id: req.id, method: req.method, path: pathOf(req.raw) }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
    },
  });
}

/** The id of a request, as its answer and its log line have it. */
export function requestIdOf({ id }: IncomingMessage): string {
  return typeof id === 'string' ? id : '';
}

function requestId(req: IncomingMessage, res: ServerResponse): string {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && sane.test(given) ? given : newId('request');
  res.setHeader('x-request-id', id);
  return id;
}

function pathOf(req: IncomingMessage & { originalUrl?: string }): string {
  const [path = '/'] = (req.originalUrl ?? req.url ?? '/').split('?');
  return path;
}

import type { ErrorBody } from '@sluice/contract';
import { errorCatalogue } from '@sluice/contract';
import { AppError, type Logger } from '@sluice/platform';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { requestIdOf } from './access-log.ts';
import { toAppError } from './to-app-error.ts';

/** The answer to a path that no route has. */
export const unknownRoute: RequestHandler = () => {
  throw new AppError('not_found', 'There is no such route. /openapi.json lists all of them.');
};

/** Turns whatever was thrown into the one error body. What is not meant for callers goes to the log alone. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const error = toAppError(thrown);
    if (error.status >= 500) log.error({ err: thrown, request_id: req.id }, 'request failed');
    if (res.headersSent) return void res.destroy();
    sendError(req, res, error);
  };
}

function sendError(req: Request, res: Response, error: AppError): void {
  if (error.retryAfterMs !== null) {
    res.setHeader('retry-after', Math.ceil(error.retryAfterMs / 1000));
    res.setHeader('retry-after-ms', Math.ceil(error.retryAfterMs));
  }
  // OpenAI's SDKs retry a 409 unless told otherwise.
  if (error.status < 500 && error.status !== 429) res.setHeader('x-should-retry', 'false');
  if (error.status === 401) res.setHeader('www-authenticate', 'Bearer');
  res.status(error.status).json(presentError(error, requestIdOf(req)));
}

/** The body of an answer that is not 2xx. */
export function presentError(error: AppError, requestId: string): ErrorBody {
  const { code, message, param, faults } = error;
  return { error: { message, type: errorCatalogue[code].type, code, param }, request_id: requestId, errors: faults };
}

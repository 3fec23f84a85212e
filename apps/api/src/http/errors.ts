import type { ErrorBody } from '@sluice/contract';
import { errorCatalogue } from '@sluice/contract';
import { presentOpenAiError } from '@sluice/core';
import { AppError, type Logger } from '@sluice/platform';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { requestIdOf } from './access-log.ts';
import { speaksOpenAi } from './speak-openai.ts';
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
    if (error.code === 'unauthenticated') res.setHeader('www-authenticate', 'Bearer');
    if (speaksOpenAi(res)) sendOpenAiError(req, res, error);
    else sendError(req, res, error);
  };
}

function sendError(req: Request, res: Response, error: AppError): void {
  if (error.retryAfterMs !== null) setRetryAfter(res, error.retryAfterMs);
  // OpenAI's SDKs retry a 409 unless told otherwise.
  if (error.status < 500 && error.status !== 429) res.setHeader('x-should-retry', 'false');
  res.status(error.status).json(presentError(error, requestIdOf(req)));
}

/** Trying again can help. A job that failed was tried again already, and each request would be another job. */
const worthRetrying = new Set(['rate_limited', 'unavailable', 'internal']);

/** A longer Retry-After makes some of OpenAI's SDKs come back at once, others never. */
const longestRetryMs = 59_000;

function sendOpenAiError(req: Request, res: Response, error: AppError): void {
  const { status, body } = presentOpenAiError(error);
  if (error.retryAfterMs !== null) setRetryAfter(res, Math.min(error.retryAfterMs, longestRetryMs));
  if (!worthRetrying.has(error.code)) res.setHeader('x-should-retry', 'false');
  // Nothing was sent, so nothing is wrong with it.
  if (error.code === 'unauthenticated' && req.get('authorization') === undefined) body.error.code = null;
  res.status(status).json(body);
}

function setRetryAfter(res: Response, retryAfterMs: number): void {
  res.setHeader('retry-after', Math.ceil(retryAfterMs / 1000));
  res.setHeader('retry-after-ms', Math.ceil(retryAfterMs));
}

/** The body of an answer that is not 2xx. */
export function presentError(error: AppError, requestId: string): ErrorBody {
  const { code, message, param, faults } = error;
  return { error: { message, type: errorCatalogue[code].type, code, param }, request_id: requestId, errors: faults };
}

import type { ErrorBody, ErrorCode, Fault, Job } from './wire.ts';

/** Codes that the server has, and those for what goes wrong before it can answer. */
export type SluiceErrorCode = ErrorCode | 'connection' | 'timeout' | 'restarted' | 'cancelled' | 'bad_signature' | 'bad_answer';

export interface ErrorDetails {
  code: SluiceErrorCode;
  /** HTTP status; null when there was no answer. */
  status?: number | null;
  /** Finds the request in the server's log. */
  request_id?: string | null;
  /** The field that is meant. */
  param?: string | null;
  /** Every fault of a refused request, with its path. */
  errors?: Fault[];
  retryAfterMs?: number | null;
  cause?: unknown;
}

/** Everything this package throws, but an abort, which throws the signal's reason. */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError';
  readonly code: SluiceErrorCode;
  readonly status: number | null;
  readonly request_id: string | null;
  readonly param: string | null;
  readonly errors: Fault[];
  readonly retryAfterMs: number | null;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.status = details.status ?? null;
    this.request_id = details.request_id ?? null;
    this.param = details.param ?? null;
    this.errors = details.errors ?? [];
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

export class InvalidRequestError extends SluiceError {
  override readonly name = 'InvalidRequestError';
}
export class AuthenticationError extends SluiceError {
  override readonly name = 'AuthenticationError';
}
export class InsufficientCreditsError extends SluiceError {
  override readonly name = 'InsufficientCreditsError';
}
export class ForbiddenError extends SluiceError {
  override readonly name = 'ForbiddenError';
}
export class NotFoundError extends SluiceError {
  override readonly name = 'NotFoundError';
}
export class ConflictError extends SluiceError {
  override readonly name = 'ConflictError';
}
export class RateLimitedError extends SluiceError {
  override readonly name = 'RateLimitedError';
}
/** The server could not answer well: 5xx. */
export class ServerError extends SluiceError {
  override readonly name = 'ServerError';
}
/** No answer came: the network, the name, the time. */
export class ConnectionError extends SluiceError {
  override readonly name = 'ConnectionError';
}
/** A webhook that was not signed with the secret, or is too old. */
export class WebhookError extends SluiceError {
  override readonly name = 'WebhookError';
}
/** A job ended without an answer; `job` is how it ended. */
export class JobFailedError extends SluiceError {
  override readonly name = 'JobFailedError';
  readonly job: Job;

  constructor(job: Job) {
    super(job.error?.message ?? `The job ${job.id} was ${job.status}.`, { code: job.error?.code ?? 'cancelled' });
    this.job = job;
  }
}

const classes: Record<number, typeof SluiceError> = {
  400: InvalidRequestError,
  401: AuthenticationError,
  402: InsufficientCreditsError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  413: InvalidRequestError,
  422: InvalidRequestError,
  429: RateLimitedError,
};

export interface ErrorAnswer {
  status: number;
  headers: Headers;
  text: string;
  retryAfterMs: number | null;
}

/** The error that an answer other than 2xx stands for. A proxy's page is not shown, only its status. */
export function errorOf({ status, headers, text, retryAfterMs }: ErrorAnswer): SluiceError {
  const body = parseBody(text);
  const requestId = body?.request_id ?? headers.get('x-request-id');
  const code: SluiceErrorCode = body?.error.code ?? (status >= 500 ? 'unavailable' : 'bad_answer');
  const message = body?.error.message ?? `The server answered with status ${status}.`;
  const details = { code, status, request_id: requestId, param: body?.error.param ?? null, errors: body?.errors ?? [], retryAfterMs };
  const Class = classes[status] ?? (status >= 500 ? ServerError : SluiceError);
  return new Class(message, details);
}

function parseBody(text: string): ErrorBody | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'object' ? (body as ErrorBody) : null;
  } catch {
    return null;
  }
}

import { decideRetry, readRetryAfter } from './back-off.ts';
import { ConnectionError, errorOf, type SluiceError } from './errors.ts';
import { pause } from './pause.ts';
import { randomKey } from './random-key.ts';

export interface CallOptions {
  signal?: AbortSignal;
  /** How often a request is sent again; 2 unless set. */
  maxRetries?: number;
  /** For one try, in milliseconds; 60,000 unless set. */
  timeoutMs?: number;
  /** The longest Retry-After that is waited for; 30,000 unless set. */
  waitMaxMs?: number;
  headers?: Record<string, string>;
}

export interface CreateOptions extends CallOptions {
  /** Made up when it is left out, and kept over retries: what is sent twice is done once. */
  idempotencyKey?: string;
}

export interface Call extends CreateOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: object;
  /** Sent as JSON, but a form as it is. */
  body?: unknown;
}

/** Sends requests. Every answer but 2xx is thrown as a SluiceError, after the retries it allows. */
export interface Transport {
  json<Answer>(call: Call): Promise<Answer>;
  /** The answer with its body unread. The time limit ends when the headers are there. */
  open(call: Call): Promise<Response>;
}

export interface TransportSettings {
  url: string;
  apiKey: string | (() => string | Promise<string>) | undefined;
  maxRetries: number;
  timeoutMs: number;
  fetch: typeof fetch;
}

export function createTransport(settings: TransportSettings): Transport {
  const { maxRetries, timeoutMs } = settings;

  async function send<Result>(call: Call & { isOpen: boolean }, read: (response: Response) => Promise<Result>): Promise<Result> {
    const { signal, method = 'GET' } = call;
    const retriesMax = call.maxRetries ?? maxRetries;
    const idempotencyKey = call.idempotencyKey ?? (method === 'POST' ? randomKey() : undefined);
    for (let tries = 0; ; tries += 1) {
      const outcome = await tryOnce({ ...settings, ...call, method, idempotencyKey, timeoutMs: call.timeoutMs ?? timeoutMs }, read);
      if (!('error' in outcome)) return outcome.result;
      const waitMs = decideRetry({ tries, retriesMax, waitMaxMs: call.waitMaxMs ?? 30_000, answer: outcome.answer, random: Math.random() });
      if (waitMs === null) throw outcome.error;
      await pause(waitMs, signal);
    }
  }

  return {
    json: <Answer>(call: Call) =>
      send({ ...call, isOpen: false }, async (response) => (response.status === 204 ? null : await response.json()) as Answer),
    open: (call) => send({ ...call, isOpen: true }, (response) => Promise.resolve(response)),
  };
}

/** `isOpen`: the body is still to be read when the call is over. */
type Try = Omit<Call, 'idempotencyKey'> & TransportSettings & { idempotencyKey: string | undefined; isOpen: boolean };
type Outcome<Result> = { result: Result } | { error: SluiceError; answer: { status: number; headers: Headers } | null };

async function tryOnce<Result>(call: Try, read: (response: Response) => Promise<Result>): Promise<Outcome<Result>> {
  call.signal?.throwIfAborted();
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new ConnectionError(`No answer within ${call.timeoutMs} ms.`, { code: 'timeout' })),
    call.timeoutMs,
  );
  const passOn = () => stop.abort(call.signal?.reason);
  call.signal?.addEventListener('abort', passOn, { once: true });
  try {
    const request = await requestOf(call);
    const response = await call.fetch(request.url, { ...request.init, signal: stop.signal });
    if (!response.ok) return await refused(response);
    return { result: await read(response) };
  } catch (cause) {
    call.signal?.throwIfAborted();
    if (cause instanceof ConnectionError) return { error: cause, answer: null };
    const error = new ConnectionError(`${call.url} could not be reached: ${reasonOf(cause)}`, { code: 'connection', cause });
    return { error, answer: null };
  } finally {
    clearTimeout(timer);
    // A body that is still to be read goes on to follow the caller's signal.
    if (!call.isOpen || stop.signal.aborted) call.signal?.removeEventListener('abort', passOn);
  }
}

async function refused(response: Response): Promise<{ error: SluiceError; answer: Response }> {
  const { status, headers } = response;
  const text = await response.text();
  return { error: errorOf({ status, headers, text, retryAfterMs: readRetryAfter(headers, Date.now()) }), answer: response };
}

async function requestOf({ url, path, query = {}, method = 'GET', body, headers, apiKey, idempotencyKey }: Try) {
  const target = new URL(url.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) target.searchParams.set(name, String(value));
  const isForm = body instanceof FormData;
  const token = typeof apiKey === 'function' ? await apiKey() : apiKey;
  const init = {
    method,
    headers: {
      accept: 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      ...headers,
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  };
  return { url: target, init };
}

/** Node hides what happened in the cause; a browser says nothing more. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? `${cause.code} ${cause.message}`.trim() : cause.message;
}

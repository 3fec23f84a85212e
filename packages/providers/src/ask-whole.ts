import { toStorable } from '@sluice/contract';
import { request, type Dispatcher } from 'undici';
import { startCallTimers, type CallTimers } from './call-timers.ts';
import { classifyRefusal, classifyTransport, classifyVendorError } from './classify-failure.ts';
import { parseJson } from './json-object.ts';
import { keyHeader } from './key-header.ts';
import { ProviderFailure } from './provider-failure.ts';
import { safeMessage } from './safe-message.ts';
import { readInputCount } from './token-counts.ts';
import { findVendorError } from './vendor-error.ts';
import type { WholeAnswer, WholeCall } from './whole-call.ts';
import { wholeRequest } from './whole-request.ts';
import { readResult } from './whole-results.ts';

/** Above 2,048 vectors of 3,072 dimensions in base64, or 2,000 of 1,024 as printed numbers. */
const bodyMaxBytes = 64 * 1024 * 1024;

interface AskWholeParts {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  nowMs: () => number;
}

/**
 * One call without a stream, from its request to its checked answer. The socket is closed when it is aborted.
 * @throws ProviderFailure
 */
export async function askWhole(call: WholeCall, { dispatcher, signal, nowMs }: AskWholeParts): Promise<WholeAnswer> {
  const timers = startCallTimers({ timeouts: call.timeouts, signal });
  try {
    timers.signal.throwIfAborted();
    return await exchange(call, { dispatcher, timers, nowMs });
  } catch (error) {
    throw failureOf(error, timers, call.apiKey);
  } finally {
    timers.close();
  }
}

async function exchange(
  call: WholeCall,
  { dispatcher, timers, nowMs }: { dispatcher: Dispatcher; timers: CallTimers; nowMs: () => number },
): Promise<WholeAnswer> {
  const { apiKey, quirks, task } = call;
  const { url, body } = wholeRequest(call);
  const headers = {
    ...keyHeader(apiKey, quirks),
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
  };
  const answer = await request(url, { method: 'POST', headers, body: JSON.stringify(body), dispatcher, signal: timers.signal });
  const said = await readBody(answer.body, timers);
  const { statusCode: status } = answer;
  const reading = { nowMs: nowMs(), quirks };
  if (status < 200 || status > 299) throw classifyRefusal({ status, headers: answer.headers, body: said, ...reading });
  const json = parseJson(said);
  const error = json === undefined ? null : findVendorError(json);
  if (error) throw classifyVendorError(error, reading);
  if (json === undefined) throw new ProviderFailure('malformed', 'The provider answered something else than JSON.');
  const requestId = answer.headers['x-request-id'];
  return {
    result: readResult(task, json),
    tokens: readInputCount(json),
    requestId: typeof requestId === 'string' && requestId !== '' ? toStorable(requestId.slice(0, 200)) : null,
  };
}

async function readBody(body: Dispatcher.ResponseData['body'], timers: CallTimers): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      timers.sawContent();
      bytes += (piece as Uint8Array).length;
      if (bytes > bodyMaxBytes) throw new ProviderFailure('malformed', `The provider answered more than ${bodyMaxBytes} bytes.`);
      pieces.push(piece as Uint8Array);
    }
  } catch (error) {
    throw error instanceof ProviderFailure ? error : classifyTransport(error, { hasAnswer: true });
  }
  return Buffer.concat(pieces).toString();
}

/** When the call was aborted, the reason tells more than what broke thereby. */
function failureOf(error: unknown, { signal }: CallTimers, apiKey: string): ProviderFailure {
  const reason: unknown = signal.reason instanceof ProviderFailure ? signal.reason : error;
  const { kind, message, status, retryAfterMs } =
    reason instanceof ProviderFailure ? reason : classifyTransport(reason, { hasAnswer: false });
  return new ProviderFailure(kind, safeMessage(message, apiKey), { status, retryAfterMs });
}

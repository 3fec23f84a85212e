import type { FailureKind } from '@sluice/contract';
import type { IncomingHttpHeaders } from 'node:http';
import { decideFailureKind } from './failure-kind.ts';
import { parseJson } from './json-object.ts';
import { ProviderFailure } from './provider-failure.ts';
import type { Reading } from './reading.ts';
import { readRetryAfterMs } from './retry-after.ts';
import { decideTransportKind, transportCode } from './transport-failure.ts';
import { findVendorError, type VendorError } from './vendor-error.ts';

interface RefusedAnswer extends Reading {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body, or the first part of a long one. */
  body: string;
}

/** An answer that is not 2xx. */
export function classifyRefusal({ status, headers, body, nowMs, quirks }: RefusedAnswer): ProviderFailure {
  const error = readVendorError(body);
  const said = error?.message || plainText(body);
  const retryAfterMs = readRetryAfterMs({ headers, message: said, nowMs });
  const kind = decideFailureKind(status, error, quirks) ?? 'malformed';
  return new ProviderFailure(kind, `The provider answered ${status}${explain(said)}`, { status, retryAfterMs });
}

/** A 2xx whose body held not one event: an error in disguise, a web page, a whole completion, or nothing. */
export function classifyEmptyAnswer(body: string, reading: Reading): ProviderFailure {
  const text = body.replaceAll(/^:.*$/gm, '').trim();
  if (!text) return new ProviderFailure('truncated', 'The provider ended the answer before it began.');
  const error = readVendorError(text);
  if (error) return classifyVendorError(error, reading);
  const said = plainText(text);
  const kind = decideFailureKind(undefined, { code: '', type: '', message: said, status: undefined }, reading.quirks) ?? 'malformed';
  return new ProviderFailure(kind, `The provider answered something else than a stream${explain(said)}`);
}

/** An error inside a stream, or in a body with status 200. Unless it says more, the vendor failed and may be asked again. */
export function classifyVendorError(error: VendorError, { nowMs, quirks }: Reading): ProviderFailure {
  const retryAfterMs = readRetryAfterMs({ headers: {}, message: error.message, nowMs });
  const kind = decideFailureKind(error.status, error, quirks) ?? 'server_error';
  return new ProviderFailure(kind, `The provider broke off${explain(error.message || error.code)}`, { status: error.status, retryAfterMs });
}

const transportSentences: Partial<Record<FailureKind, string>> = {
  connect: 'The provider could not be reached',
  dns: "The provider's name could not be resolved",
  tls: 'No trusted connection to the provider could be made',
  malformed: 'The provider broke the HTTP protocol',
  truncated: 'The connection broke in the middle of the answer',
};

/** A fault of the connection. Only the error's code is told: its text names addresses that are nobody's business. */
export function classifyTransport(error: unknown, { hasAnswer }: { hasAnswer: boolean }): ProviderFailure {
  const code = transportCode(error);
  const kind = decideTransportKind(code, { hasAnswer });
  return new ProviderFailure(kind, `${transportSentences[kind]}${code ? ` (${code})` : ''}.`);
}

function readVendorError(body: string): VendorError | null {
  return findVendorError(parseJson(body));
}

/** A body that is no JSON object, as far as it may be shown: a web page is told as one, never quoted. */
function plainText(body: string): string {
  const text = body.trim();
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) return 'a web page';
  const json = parseJson(text);
  return typeof json === 'string' ? json : text;
}

function explain(said: string): string {
  return said ? `: ${said}` : '.';
}

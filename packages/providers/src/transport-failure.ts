import type { FailureKind } from '@sluice/contract';

const dnsCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const tlsWords = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO$)/;
const malformedWords = /^(HPE_|UND_ERR_RES_CONTENT_LENGTH|UND_ERR_RESPONSE|UND_ERR_HEADERS_OVERFLOW)/;

/** Decides what a fault of the connection is. Before the answer's head it is the connection, after it the answer was cut. */
export function decideTransportKind(code: string, { hasAnswer }: { hasAnswer: boolean }): FailureKind {
  if (dnsCodes.has(code)) return 'dns';
  if (tlsWords.test(code)) return 'tls';
  if (malformedWords.test(code)) return 'malformed';
  return hasAnswer ? 'truncated' : 'connect';
}

/**
 * The code of a failed connection: the SDK and undici wrap the error that has it, and where several addresses were tried it
 * stands in each of them. An empty string when there is none.
 */
export function transportCode(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = innerError(at)) {
    if ('code' in at && typeof at.code === 'string' && at.code) return at.code;
    // undici gives only some of its parser's errors the code they have in Node.
    if (at.name === 'HTTPParserError') return 'HPE_INVALID';
  }
  return '';
}

function innerError(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}

import { EgressError } from './egress-error.ts';

/** What OpenSSL and Node say of certificates and handshakes. */
const tlsCodes = /CERT|TLS|SSL|EPROTO|UNABLE_TO_|SELF_SIGNED/;
const dnsCodes = /^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/;
const connectCodes = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|EACCES|EPERM)/;

/** Why a request got no answer, in words for the one who set its URL: no address, no port, nothing of the answer. */
export function toEgressError(error: unknown, isTimeUp: boolean): EgressError {
  const own = findOwn(error);
  if (own) return own;
  const code = codeOf(error);
  if (isTimeUp) return new EgressError('timeout', 'There was no answer in time.', error);
  if (dnsCodes.test(code)) return new EgressError('dns', 'The host name has no address.', error);
  if (connectCodes.test(code)) return new EgressError('connect', 'The host did not take the connection.', error);
  if (tlsCodes.test(code)) return new EgressError('tls', 'No secure connection could be made; look at the certificate.', error);
  return new EgressError('broken', 'The connection broke off before there was an answer.', error);
}

/** Node wraps the errors of several addresses into one. */
function findOwn(error: unknown): EgressError | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof EgressError) return cause;
  }
  return null;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}

/** Why nothing came back: the rules refuse the URL or its addresses; or the name, the connection, TLS, or the time failed. */
export type EgressReason = 'refused' | 'dns' | 'connect' | 'tls' | 'timeout' | 'broken';

/** A request that got no answer. The message may be shown to whoever set the URL: it names no address. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly reason: EgressReason;

  constructor(reason: EgressReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

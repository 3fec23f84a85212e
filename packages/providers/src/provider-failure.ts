import type { FailureKind } from '@sluice/contract';

interface FailureDetails {
  status?: number | undefined;
  retryAfterMs?: number | undefined;
}

/** One call to a provider failed. The message may be shown to a caller: at most 500 characters, and never a key. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  readonly kind: FailureKind;
  /** The HTTP status, where the provider gave one. */
  readonly status: number | undefined;
  /** How long the provider asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, message: string, { status, retryAfterMs }: FailureDetails = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

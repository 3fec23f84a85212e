import { errorCatalogue, type ErrorCode, type Fault } from '@sluice/contract';

interface AppErrorDetails {
  /** For the log only; a caller never sees it. */
  cause?: unknown;
  /** The field that is at fault, as OpenAI's `param`. */
  param?: string;
  faults?: Fault[];
  retryAfterMs?: number;
}

/** An error a caller may see: one code of the closed list and a sentence that says what to do. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly faults: Fault[];
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.param = details.param ?? null;
    this.faults = details.faults ?? [];
    this.retryAfterMs = details.retryAfterMs ?? null;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}

/** The one answer for what does not exist and for what belongs to somebody else. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `No such ${what}.`);
}

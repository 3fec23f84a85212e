import type { ErrorCode, FailureKind, OpenAiErrorBody } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { SurfaceName } from '../jobs/index.ts';

interface OpenAiErrorDetails {
  /** OpenAI's word, which its clients look for. */
  openAiCode: string | null;
  param?: string;
}

/** An error that OpenAI has a word of its own for. */
export class OpenAiError extends AppError {
  readonly openAiCode: string | null;

  constructor(code: ErrorCode, message: string, { openAiCode, param }: OpenAiErrorDetails) {
    super(code, message, param === undefined ? {} : { param });
    this.openAiCode = openAiCode;
  }
}

interface OpenAiWords {
  status: number;
  type: string;
  code: string | null;
}

const invalid = (status: number, code: string | null): OpenAiWords => ({ status, type: 'invalid_request_error', code });
const serverError: OpenAiWords = { status: 500, type: 'server_error', code: 'server_error' };

/** Each of our codes in OpenAI's words (openai-contract 1.3). What the provider did is the server's fault in these words. */
const words: Record<ErrorCode, OpenAiWords> = {
  invalid_request: invalid(400, null),
  content_blocked: invalid(400, 'content_policy_violation'),
  unauthenticated: invalid(401, 'invalid_api_key'),
  insufficient_credits: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  forbidden: invalid(403, 'insufficient_permissions'),
  not_found: invalid(404, null),
  conflict: invalid(409, null),
  too_large: invalid(413, 'request_too_large'),
  idempotency_mismatch: invalid(422, 'idempotency_key_reused'),
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  internal: serverError,
  unavailable: { status: 503, type: 'service_unavailable_error', code: 'server_is_overloaded' },
  provider_unavailable: serverError,
  provider_rejected: invalid(400, 'invalid_prompt'),
  provider_auth: serverError,
  deadline_exceeded: { status: 504, type: 'server_error', code: 'queue_wait_timeout' },
  output_invalid: serverError,
  worker_lost: serverError,
};

export interface OpenAiAnswer {
  status: number;
  body: OpenAiErrorBody;
}

/** An error as OpenAI's clients know it: the HTTP status and the body. */
export function presentOpenAiError(error: AppError): OpenAiAnswer {
  const { status, type, code } = words[error.code];
  const openAiCode = error instanceof OpenAiError ? error.openAiCode : isUnknownModel(error) ? 'model_not_found' : code;
  return {
    status,
    body: { error: { message: error.message, type, param: error.param === null ? null : bracketed(error.param), code: openAiCode } },
  };
}

const isUnknownModel = ({ code, param }: AppError): boolean => code === 'not_found' && param === 'model';

/** OpenAI writes `input[0].role` where our paths say `input.0.role`. */
export function bracketed(path: string): string {
  return path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]');
}

interface FailedJob {
  errorCode?: string | null | undefined;
  errorMessage?: string | null | undefined;
  failure?: FailureKind | null | undefined;
  surface?: SurfaceName | undefined;
}

/** The error of a job that failed, as its caller would have met it. */
export function failedJobError(job: FailedJob): AppError {
  const code = (job.errorCode ?? 'internal') as ErrorCode;
  const message = job.errorMessage || 'The request failed.';
  if (job.failure === 'context_too_long') {
    const param = job.surface === 'chat' ? 'messages' : 'input';
    return new OpenAiError(code, message, { openAiCode: 'context_length_exceeded', param });
  }
  if (job.failure === 'content_filtered') return new OpenAiError(code, message, { openAiCode: 'content_filter' });
  return new AppError(code, message);
}

/** What a caller who waited for an answer is told instead of one; null when there is an answer. */
export function endError(job: FailedJob & { status: string }): AppError | null {
  if (job.status === 'failed') return failedJobError(job);
  return job.status === 'cancelled' ? new OpenAiError('invalid_request', 'The request was cancelled.', { openAiCode: 'cancelled' }) : null;
}

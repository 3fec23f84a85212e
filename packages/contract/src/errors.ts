import { z } from 'zod';

/** Every error a caller can meet: its HTTP status, OpenAI's word for its type, and what it means. `docs/errors.md` is made from this. */
export const errorCatalogue = {
  invalid_request: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A field is missing, unknown or wrong. `errors` lists every fault with its path.',
  },
  content_blocked: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The text holds a word that an administrator does not allow. `param` says where; nothing was submitted or charged.',
  },
  unauthenticated: { status: 401, type: 'invalid_request_error', meaning: 'No key or token was sent, or it is wrong, expired or revoked.' },
  insufficient_credits: {
    status: 402,
    type: 'insufficient_quota',
    meaning: 'The available credits do not cover the most this job can cost.',
  },
  forbidden: { status: 403, type: 'invalid_request_error', meaning: 'The caller is known but may not do this: a missing role or scope.' },
  not_found: { status: 404, type: 'invalid_request_error', meaning: 'There is nothing under this id that the caller may see.' },
  conflict: { status: 409, type: 'invalid_request_error', meaning: 'The object is not in a state that allows this, or its name is taken.' },
  too_large: { status: 413, type: 'invalid_request_error', meaning: 'The body is larger than this route takes.' },
  idempotency_mismatch: { status: 422, type: 'invalid_request_error', meaning: 'This Idempotency-Key was used with another body.' },
  rate_limited: { status: 429, type: 'rate_limit_error', meaning: 'Too many requests. Wait for Retry-After.' },
  internal: { status: 500, type: 'server_error', meaning: 'A fault of this service. The request id finds it in the log.' },
  unavailable: { status: 503, type: 'service_unavailable_error', meaning: 'The service cannot take this now. Wait for Retry-After.' },
  provider_unavailable: {
    status: 502,
    type: 'server_error',
    meaning: 'The provider could not be reached, was overloaded, or broke off, and no attempt was left.',
  },
  provider_rejected: {
    status: 502,
    type: 'invalid_request_error',
    meaning: 'The provider refused the request: bad parameters, context too long, or content filter.',
  },
  provider_auth: { status: 502, type: 'server_error', meaning: 'The provider refused the key, or its account is out of quota.' },
  deadline_exceeded: { status: 504, type: 'server_error', meaning: 'The job did not end before its deadline.' },
  output_invalid: {
    status: 502,
    type: 'server_error',
    meaning: 'The answer does not fit the JSON schema it was asked in, and the job was to fail then.',
  },
  worker_lost: { status: 500, type: 'server_error', meaning: 'The workers that ran this job died, and no attempt was left.' },
} as const satisfies Record<string, { status: number; type: string; meaning: string }>;

export type ErrorCode = keyof typeof errorCatalogue;
export const ErrorCode = z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]);

/** One fault of a request: where, as a dotted path, and what. */
export const Fault = z.object({ path: z.string(), message: z.string() });
export type Fault = z.infer<typeof Fault>;

/** The body of every answer that is not 2xx. `error` is what OpenAI's SDKs read. */
export const ErrorBody = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      code: ErrorCode,
      param: z.string().nullable(),
    }),
    request_id: z.string(),
    errors: z.array(Fault),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof ErrorBody>;

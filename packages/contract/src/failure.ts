import { z } from 'zod';

/** Everything that can go wrong with one provider call. A closed list: the retry policy decides over exactly these. */
export const FailureKind = z.enum([
  'connect',
  'dns',
  'tls',
  'timeout_first_token',
  'timeout_idle',
  'timeout_total',
  'rate_limited',
  'overloaded',
  'server_error',
  'truncated',
  'malformed',
  'content_filtered',
  'context_too_long',
  'bad_request',
  'auth',
  'quota',
  'cancelled',
]);
export type FailureKind = z.infer<typeof FailureKind>;

/** Why an answer ended. Vendors' other words are mapped to these by the adapter. */
export const FinishReason = z.enum(['stop', 'tool_calls', 'length', 'content_filter']);
export type FinishReason = z.infer<typeof FinishReason>;

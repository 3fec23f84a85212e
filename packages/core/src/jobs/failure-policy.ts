import type { ErrorCode, FailureKind } from '@sluice/contract';

/**
 * Who could have avoided a failure, which is whom to ask next.
 * - `request`: every provider would answer alike; nobody is asked again.
 * - `job`: its time is over, or somebody stopped it; nobody is asked again.
 * - `limit`: the key has had its share; another key at once, else the next route, else the same one when it may.
 * - `key`: the key or its account is refused; another key at once, else the next route, else the end.
 * - `provider`: another key would meet the same; the next route at once, else the same one after a back-off.
 */
export type Blame = 'request' | 'job' | 'limit' | 'key' | 'provider';

export interface FailurePolicy {
  blame: Blame;
  /** What the caller reads when no attempt is left. */
  code: ErrorCode;
}

export const failurePolicies: Record<FailureKind, FailurePolicy> = {
  connect: { blame: 'provider', code: 'provider_unavailable' },
  dns: { blame: 'provider', code: 'provider_unavailable' },
  tls: { blame: 'provider', code: 'provider_unavailable' },
  timeout_first_token: { blame: 'provider', code: 'provider_unavailable' },
  timeout_idle: { blame: 'provider', code: 'provider_unavailable' },
  timeout_total: { blame: 'job', code: 'deadline_exceeded' },
  rate_limited: { blame: 'limit', code: 'provider_unavailable' },
  overloaded: { blame: 'provider', code: 'provider_unavailable' },
  server_error: { blame: 'provider', code: 'provider_unavailable' },
  truncated: { blame: 'provider', code: 'provider_unavailable' },
  malformed: { blame: 'provider', code: 'provider_unavailable' },
  content_filtered: { blame: 'request', code: 'provider_rejected' },
  context_too_long: { blame: 'request', code: 'provider_rejected' },
  bad_request: { blame: 'request', code: 'provider_rejected' },
  auth: { blame: 'key', code: 'provider_auth' },
  quota: { blame: 'key', code: 'provider_auth' },
  cancelled: { blame: 'job', code: 'internal' },
};

/** What callers read for a provider's fault. */
export const errorCodeOf = (kind: FailureKind): ErrorCode => failurePolicies[kind].code;

import { FailureKind } from '@sluice/contract';
import { decideRetry, errorCodeOf, type FailedAttempt } from '@sluice/core';
import { decideKeyTreatment } from '@sluice/worker';

const meanings: Record<FailureKind, string> = {
  connect: 'nobody answers, or the connection breaks before the answer',
  dns: "the provider's name does not resolve",
  tls: 'no trusted connection',
  timeout_first_token: 'no token within `PROVIDER_FIRST_TOKEN_S`',
  timeout_idle: 'no further token for `PROVIDER_IDLE_S`',
  timeout_total: "the job's deadline came in the middle of a call",
  rate_limited: 'a 429, or a rate limit in other words',
  overloaded: '503, 529, "overloaded"',
  server_error: '5xx, or an error in the middle of the answer',
  truncated: 'the answer broke off without a finish reason',
  malformed: 'what came is no answer: a web page, garbage, a redirect',
  content_filtered: "the provider's filter refused the request",
  context_too_long: "the request is longer than the model's context",
  bad_request: 'a parameter or a model that the provider does not take',
  auth: '401 or 403: the key is refused',
  quota: '402, or an account without balance',
  cancelled: 'somebody cancelled the job',
};

/** Kinds that strike before an answer begins, so that there is nothing to pay for. */
const isBeforeText = new Set<FailureKind>([
  'connect',
  'dns',
  'tls',
  'timeout_first_token',
  'rate_limited',
  'content_filtered',
  'context_too_long',
  'bad_request',
  'auth',
  'quota',
]);

const attempt: Omit<FailedAttempt, 'kind'> = {
  retryAfterMs: null,
  hasOutput: false,
  onStreamFailure: 'restart',
  failures: 0,
  maxAttempts: 3,
  hasOtherKey: false,
  route: 0,
  routesCount: 1,
  deadlineInMs: 600_000,
};

/** What follows, in the order it is tried: found out by asking the policy itself. */
function renderSteps(kind: FailureKind): string {
  if (kind === 'cancelled') return 'the job is cancelled';
  const decide = (facts: Partial<FailedAttempt>) => decideRetry({ ...attempt, kind, ...facts }, 0.5);
  const otherKey = decide({ hasOtherKey: true });
  const nextRoute = decide({ routesCount: 2 });
  const alone = decide({});
  const steps = [
    ...(otherKey.type === 'retry' && otherKey.delayMs === 0 ? ['another key'] : []),
    ...(nextRoute.type === 'retry' ? ['the next route'] : []),
    alone.type === 'retry' ? 'here, after a pause' : 'the job fails',
  ];
  return steps.join(', else ');
}

function renderKey(kind: FailureKind): string {
  const said = (retryAfterMs: number | null) => decideKeyTreatment({ type: 'failed', kind, message: '', retryAfterMs, tokens: null });
  const { outcome, coolMs, isRefused } = said(null);
  const obeys = said(1_234_567).coolMs === 1_234_567;
  const breaker = { ok: '', none: '', fault: 'counts for the breaker', unreachable: 'opens the breaker' }[outcome];
  const least = said(0).coolMs === coolMs ? 'at least' : 'else';
  const rest = coolMs > 0 && !isRefused ? `rests as long as the provider says, ${least} ${coolMs / 1000} s` : '';
  const hint = coolMs === 0 && obeys ? 'rests as long as the provider says' : '';
  return [isRefused ? 'disabled' : '', rest, breaker, hint].filter(Boolean).join('; ');
}

export function renderFailures(): string {
  const rows = FailureKind.options.map(
    (kind) =>
      `| \`${kind}\` | ${meanings[kind]} | ${renderKey(kind)} | ${renderSteps(kind)} | ${kind === 'cancelled' ? '' : `\`${errorCodeOf(kind)}\``} | ${isBeforeText.has(kind) ? 'nothing' : 'what was delivered'} |`,
  );
  return `# When a provider call fails

Every way in which a call can fail is one of these. This page is made from the code that decides.

| failure | what happened | the key, for this model | who is asked next | the job's error when nobody is | what its user pays then |
|---|---|---|---|---|---|
${rows.join('\n')}

- A job says who served it: \`provider\` of its answer, and of each \`attempt-start\` in its stream. Prices are the model's, whoever serves it.
- Every failed call counts: a job makes at most \`max_attempts\` calls that fail, whoever they go to. Waiting for room, a change of
  lanes, and a worker that hands a job back count nothing.
- A pause is exponential with full jitter, 0.5 s to 30 s, and never shorter than the provider's \`Retry-After\`. A pause that would
  last past the job's deadline ends the job at once.
- Once text was sent, a job with \`on_stream_failure: fail\` fails instead of being asked again.
- A key rests for one model alone, in all workers together. While every key of a provider rests for a model, its jobs go to the next
  route; those that have none wait, and no attempt is used up.
- A breaker opens on 5 faults in a row, on half of 20 or more calls in a minute, and at once when nobody is there: for 5 s, and
  twice as long each time its probe fails, up to a minute. The probe is one job; when it succeeds, everybody goes on.
- A job that is called with its user's [own key](own-keys.md) knows only that user's keys and routes; what is said here of a provider's
  keys is said of theirs, and nobody else's suffer.
- A provider without a usable key serves nobody: its jobs go to the next route at once, or fail with \`provider_auth\`. A disabled
  provider's jobs go to the next route too; those that have none wait until it is enabled, or for their deadline.

## Who pays

| how the job ends | what its user pays |
|---|---|
| completed, incomplete | the tokens of the attempt that ended it |
| failed without any text | nothing |
| failed in the middle of the answer | what the provider counted, else what was delivered, estimated and never above the hold |
| cancelled | the same |
| attempts before the last one | nothing: what the provider takes for them is the operator's |
`;
}

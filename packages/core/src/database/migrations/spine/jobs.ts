/** Workers, jobs and attempts. */
export const jobs = `
create table workers (
  id text collate "C" primary key,
  host text not null,
  started_at timestamptz not null default now(),
  lease_until timestamptz not null
);
create table jobs (
  id text collate "C" primary key,
  user_id text collate "C" not null references users,
  api_key_id text collate "C",
  status text not null check (status in ('queued', 'running', 'completed', 'incomplete', 'failed', 'cancelled')),
  attempt integer not null default 1 check (attempt > 0),
  failures integer not null default 0 check (failures >= 0),
  max_attempts integer not null check (max_attempts > 0),
  -- What was asked: frozen at submit.
  model text not null,
  routes json not null,
  route integer not null default 0 check (route >= 0),
  provider_id text collate "C" not null,
  request json not null,
  request_hash bytea,
  idempotency_key text,
  input_estimate integer not null check (input_estimate >= 0),
  max_tokens integer not null check (max_tokens > 0),
  priority text not null check (priority in ('interactive', 'background', 'batch')),
  on_stream_failure text not null check (on_stream_failure in ('restart', 'fail')),
  metadata json not null,
  batch_id text collate "C",
  conversation_id text collate "C",
  -- When somebody has to look.
  deadline_at timestamptz not null,
  look_at timestamptz,
  looks integer not null default 0,
  worker_id text collate "C",
  cancel_requested_at timestamptz,
  -- What came of it.
  output json,
  finish_reason text,
  error_code text,
  error_message text,
  input_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  usage_source text not null default 'none' check (usage_source in ('provider', 'estimated', 'mixed', 'none')),
  created_at timestamptz not null,
  started_at timestamptz,
  first_token_at timestamptz,
  finished_at timestamptz,
  -- Money.
  price_id text collate "C" not null references prices,
  hold numeric(20,4) not null check (hold >= 0),
  billing_state text not null default 'held' check (billing_state in ('held', 'settle_pending', 'settled')),
  check ((billing_state = 'held') = (status in ('queued', 'running'))),
  check ((status = 'running') = (worker_id is not null)),
  check ((status = 'queued') = (look_at is not null)),
  check ((finished_at is not null) = (status not in ('queued', 'running'))),
  check (cached_input_tokens <= input_tokens and reasoning_tokens <= output_tokens)
);
create unique index jobs_idempotency_key on jobs (user_id, idempotency_key) where idempotency_key is not null;
create index jobs_of_user on jobs (user_id, id);
create index jobs_to_look_at on jobs (look_at) where status = 'queued';
create index jobs_of_worker on jobs (worker_id) where status = 'running';
create index jobs_by_deadline on jobs (deadline_at) where status in ('queued', 'running');
create index jobs_to_settle on jobs (id) where billing_state = 'settle_pending';
-- One row a provider call, written before the call is made.
create table attempts (
  job_id text collate "C" not null references jobs on delete cascade,
  attempt integer not null,
  provider_id text collate "C" not null,
  provider_key_id text collate "C",
  model text not null,
  worker_id text collate "C" not null,
  outcome text check (outcome in ('completed', 'incomplete', 'failed', 'cancelled', 'given_back', 'lost')),
  failure text,
  message text,
  input_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  usage_source text not null default 'none',
  billable boolean not null default false,
  provider_request_id text,
  started_at timestamptz not null,
  first_token_at timestamptz,
  finished_at timestamptz,
  primary key (job_id, attempt)
);
create unique index attempts_billable on attempts (job_id) where billable;
`;

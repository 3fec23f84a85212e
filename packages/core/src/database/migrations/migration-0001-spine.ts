import { Migration } from '@mikro-orm/migrations';

/** People, providers, jobs and money. Every id sorts by byte, so that a cursor means the same in every locale. */
export class Migration0001Spine extends Migration {
  override up(): void {
    for (const sql of [people, providers, jobs, money, operations]) this.addSql(sql);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const people = `
create table users (
  id text collate "C" primary key,
  email text unique,
  external_id text unique,
  password_hash text,
  role text not null default 'user' check (role in ('user', 'admin')),
  disabled_at timestamptz,
  created_at timestamptz not null default now()
);
create table api_keys (
  id text collate "C" primary key,
  user_id text collate "C" not null references users on delete cascade,
  name text not null,
  hash bytea not null unique,
  last_four text not null,
  scopes text[] not null,
  requests_per_minute integer check (requests_per_minute > 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now()
);
create index api_keys_of_user on api_keys (user_id, id);
create table refresh_tokens (
  hash bytea primary key,
  family text not null,
  user_id text collate "C" not null references users on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create index refresh_tokens_of_family on refresh_tokens (family);
create index refresh_tokens_of_user on refresh_tokens (user_id);
create table idempotency_keys (
  user_id text collate "C" not null references users on delete cascade,
  route text not null,
  key text not null,
  request_hash bytea not null,
  object_id text not null,
  created_at timestamptz not null default now(),
  primary key (user_id, route, key)
);
`;

const providers = `
create table providers (
  id text collate "C" primary key,
  name text not null unique,
  -- The vendor of the catalogue that this row was made from.
  vendor text unique,
  base_url text not null,
  limits json not null default '{}',
  enabled boolean not null default true,
  created_at timestamptz not null default now()
);
create table provider_keys (
  id text collate "C" primary key,
  provider_id text collate "C" not null references providers on delete cascade,
  ciphertext bytea not null,
  last_four text not null,
  -- A key from the environment follows it at the next start; one that an administrator pasted is theirs.
  origin text not null default 'admin' check (origin in ('admin', 'environment')),
  weight integer not null default 1 check (weight > 0),
  limits json not null default '{}',
  enabled boolean not null default true,
  disabled_reason text,
  created_at timestamptz not null default now()
);
create index provider_keys_of_provider on provider_keys (provider_id, id);
create table models (
  id text collate "C" primary key,
  alias text not null unique,
  capabilities text[] not null,
  context_window integer check (context_window > 0),
  max_output_tokens integer check (max_output_tokens > 0),
  default_max_tokens integer not null default 2048 check (default_max_tokens > 0),
  -- The version of the price that submits take now.
  price_id text collate "C",
  enabled boolean not null default true,
  created_at timestamptz not null default now()
);
create table model_routes (
  model_id text collate "C" not null references models on delete cascade,
  position integer not null check (position >= 0),
  provider_id text collate "C" not null references providers,
  model text not null,
  primary key (model_id, position)
);
create index model_routes_of_provider on model_routes (provider_id);
-- Append-only: a job names the version it was submitted at.
create table prices (
  id text collate "C" primary key,
  model_id text collate "C" not null references models on delete cascade,
  price json not null,
  created_at timestamptz not null default now()
);
create index prices_of_model on prices (model_id, id);
alter table models add foreign key (price_id) references prices;
-- What the catalogue has put in once: a model that an administrator removed does not come back.
create table catalogue_seeds (
  vendor text not null,
  model text not null,
  seeded_at timestamptz not null default now(),
  primary key (vendor, model)
);
`;

const jobs = `
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

const money = `
create table wallets (
  user_id text collate "C" primary key references users,
  balance numeric(20,4) not null default 0 check (balance >= 0),
  held numeric(20,4) not null default 0 check (held >= 0),
  debt numeric(20,4) not null default 0 check (debt >= 0),
  open_jobs integer not null default 0 check (open_jobs >= 0),
  check (held <= balance)
) with (fillfactor = 70);
create table orders (
  id text collate "C" primary key,
  user_id text collate "C" not null references users,
  amount numeric(20,4) not null check (amount > 0),
  note text not null default '',
  created_by text collate "C" not null references users,
  created_at timestamptz not null default now()
);
create index orders_of_user on orders (user_id, id);
create table settlements (
  job_id text collate "C" primary key references jobs,
  user_id text collate "C" not null references users,
  price_id text collate "C" not null references prices,
  outcome text not null,
  usage_source text not null,
  -- With the tokens and the price: all that the cost was computed from.
  is_batch boolean not null,
  billable boolean not null,
  input_tokens bigint not null,
  cached_input_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  -- Not a fixed scale: that would round it first, and the check below could refuse a right settlement.
  cost_exact numeric not null check (cost_exact >= 0),
  cost numeric(20,4) not null check (cost >= 0),
  hold numeric(20,4) not null,
  collected numeric(20,4) not null check (collected >= 0),
  uncollected numeric(20,4) not null check (uncollected >= 0),
  released numeric(20,4) not null,
  cap_applied boolean not null default false,
  settled_at timestamptz not null default now(),
  check (cost = collected + uncollected),
  check (released = greatest(hold - cost, 0)),
  check (cap_applied or cost = round(cost_exact, 4)),
  check (billable or cost = 0),
  check (usage_source not in ('estimated', 'mixed') or cost <= hold),
  check (cached_input_tokens <= input_tokens and reasoning_tokens <= output_tokens)
);
create index settlements_of_user on settlements (user_id, settled_at, job_id);
create index settlements_by_time on settlements (settled_at, job_id);
-- Double entry: every row takes from one account and gives to another. wallet and receivable are the user's, the rest are ours.
create table transfers (
  id text collate "C" primary key,
  user_id text collate "C" not null references users,
  kind text not null,
  debit text not null,
  credit text not null,
  amount numeric(20,4) not null check (amount > 0),
  job_id text collate "C" references settlements,
  order_id text collate "C" references orders,
  note text not null default '',
  created_at timestamptz not null default now(),
  check ((kind, debit, credit) in (
    ('recharge', 'cash_clearing', 'wallet'),
    ('usage', 'wallet', 'revenue'),
    ('usage_uncollected', 'receivable', 'revenue'),
    ('debt_repay', 'wallet', 'receivable'),
    ('adjustment', 'adjustment', 'wallet'),
    ('adjustment', 'wallet', 'adjustment')
  )),
  check ((kind in ('usage', 'usage_uncollected')) = (job_id is not null)),
  check (kind <> 'recharge' or order_id is not null)
);
create index transfers_of_user on transfers (user_id, id);
create unique index transfers_of_job on transfers (job_id, kind) where job_id is not null;
create unique index transfers_of_recharge on transfers (order_id) where kind = 'recharge';
create table cost_totals (
  scope text not null check (scope in ('batch', 'conversation')),
  scope_id text collate "C" not null,
  jobs bigint not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cost numeric(20,4) not null default 0,
  primary key (scope, scope_id)
);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger settlements_append_only before update or delete on settlements for each row execute function refuse_change();
create trigger transfers_append_only before update or delete on transfers for each row execute function refuse_change();
create trigger prices_append_only before update on prices for each row execute function refuse_change();
`;

const operations = `
create table stream_tickets (
  hash bytea primary key,
  job_id text collate "C" not null references jobs on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);
create table audit_log (
  id bigint generated always as identity primary key,
  actor_id text collate "C" not null,
  action text not null,
  object_id text not null,
  details json not null default '{}',
  created_at timestamptz not null default now()
);
`;

import { Migration } from '@mikro-orm/migrations';

/** Endpoints of users, what is due to them, and every try to send it. */
export class Migration0004Webhooks extends Migration {
  override up(): void {
    for (const sql of [ids, endpoints, deliveries]) this.addSql(sql);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const ids = `
-- An id as the contract makes them: prefix, 48 bits of milliseconds, 79 random bits. For rows that a statement makes by itself.
create function new_id(prefix text) returns text language sql volatile as $$
  select prefix || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', digit + 1, 1), '' order by place)
  from (
    select place, ((floor(extract(epoch from clock_timestamp()) * 1000)::bigint >> (45 - 5 * place)) & 31)::int as digit from generate_series(0, 9) place
    union all
    select 10 + place, get_byte(random, place) & 31 from uuid_send(gen_random_uuid()) random, generate_series(0, 15) place
  ) digits
$$;
`;

const endpoints = `
create table webhook_endpoints (
  id text collate "C" primary key,
  user_id text collate "C" not null references users on delete cascade,
  name text not null,
  -- Null for the one row of a user that signs what goes to the webhook_url of single jobs.
  url text,
  event_types text[] not null,
  -- Null until the default row is first needed.
  ciphertext bytea,
  secret_hint text,
  -- The secret before the last rotation, while it still signs.
  old_ciphertext bytea,
  old_until timestamptz,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhook_endpoints_of_user on webhook_endpoints (user_id, id);
create unique index webhook_endpoints_default on webhook_endpoints (user_id) where url is null;
alter table jobs add column webhook_url text;
`;

const deliveries = `
-- One event due at one endpoint. endpoint_id has no foreign key: an endpoint that is deleted must not fail the end of a job.
create table webhook_deliveries (
  id text collate "C" primary key,
  user_id text collate "C" not null references users on delete cascade,
  endpoint_id text collate "C" not null,
  -- The job's own, where the endpoint has none.
  url text,
  -- What shares a fate, and so its turns: the endpoint, or for jobs' own URLs the endpoint and the origin.
  target text collate "C" not null,
  event_id text not null,
  event_type text not null,
  object_id text not null,
  occurred_at timestamptz not null,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  -- Tries begun, which names a try; and those that failed since window_from, which is the place in the schedule.
  tries integer not null default 0,
  failures integer not null default 0,
  window_from timestamptz not null default now(),
  -- While a try is under way, when it counts as lost.
  due_at timestamptz default now(),
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  check ((status = 'pending') = (due_at is not null)),
  check ((status = 'pending') = (finished_at is null))
);
create index webhook_deliveries_due on webhook_deliveries (target, due_at) where status = 'pending';
create index webhook_deliveries_of_endpoint on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_finished on webhook_deliveries (finished_at) where finished_at is not null;
create table webhook_tries (
  delivery_id text collate "C" not null references webhook_deliveries on delete cascade,
  try integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  status_code integer,
  error text,
  answer text,
  primary key (delivery_id, try)
);
`;

/** Wallets, orders, settlements and transfers. */
export const money = `
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

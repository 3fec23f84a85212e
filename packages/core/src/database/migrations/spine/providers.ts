/** Providers, their keys, models and prices. */
export const providers = `
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

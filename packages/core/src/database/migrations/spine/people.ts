/** People and programs that may call, and the keys of their creates. */
export const people = `
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

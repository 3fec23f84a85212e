/** Tickets and the record of what administrators did. */
export const operations = `
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

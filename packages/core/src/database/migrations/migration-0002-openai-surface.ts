import { Migration } from '@mikro-orm/migrations';

/** What a job's row needs to be shown as a chat completion or a response. */
export class Migration0002OpenaiSurface extends Migration {
  override up(): void {
    for (const sql of [surfaces, retries]) this.addSql(sql);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const surfaces = `
alter table jobs
  -- Through which door it was asked.
  add column surface text not null default 'jobs' check (surface in ('jobs', 'chat', 'responses')),
  -- Goes on without a client.
  add column is_background boolean not null default false,
  -- False: forgotten soon after its end.
  add column is_stored boolean not null default true,
  -- What a response repeats of its request, and the items it was asked with.
  add column surface_echo json,
  add column surface_input json,
  -- When its content was deleted. The row stays: it was charged.
  add column deleted_at timestamptz;
create index jobs_to_forget on jobs (finished_at) where not is_stored and deleted_at is null and finished_at is not null;
`;

const retries = `
-- Creates whose answer was not delivered yet, by the bytes of their body: see RETRY_ATTACH.
create table undelivered_creates (
  key text primary key,
  request_hash bytea not null,
  retry integer not null,
  created_at timestamptz not null default now()
);
create index undelivered_creates_by_hash on undelivered_creates (request_hash, retry);
`;

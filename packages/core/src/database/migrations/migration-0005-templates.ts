import { Migration } from '@mikro-orm/migrations';

/** Named prompts, every version of them, and which version a job used. */
export class Migration0005Templates extends Migration {
  override up(): void {
    this.addSql(templates);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const templates = `
create table templates (
  id text collate "C" primary key,
  -- Null: for everybody.
  user_id text collate "C" references users on delete cascade,
  slug text collate "C" not null,
  latest integer not null,
  -- The version that jobs use.
  published integer check (published <= latest),
  -- Set while it is as the library that comes with the service has it; an administrator's change makes it their own.
  library_hash text,
  -- The row stays, so that jobs can name it and the library does not bring it back.
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (library_hash is null or user_id is null)
);
create unique index templates_of_user on templates (user_id, slug) where user_id is not null and deleted_at is null;
create unique index templates_for_all on templates (slug) where user_id is null and deleted_at is null;
create table template_versions (
  id text collate "C" primary key,
  template_id text collate "C" not null references templates on delete cascade,
  version integer not null check (version > 0),
  status text not null check (status in ('draft', 'published')),
  content json not null,
  -- A user, or 'system'.
  created_by text not null,
  created_at timestamptz not null default now(),
  unique (template_id, version)
);
alter table jobs add column template_version_id text collate "C" references template_versions;
`;

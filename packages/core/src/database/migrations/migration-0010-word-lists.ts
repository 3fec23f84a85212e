import { Migration } from '@mikro-orm/migrations';

/** Administrators' lists of words that are masked or blocked. */
export class Migration0010WordLists extends Migration {
  override up(): void {
    this.addSql(wordLists);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

/** `revision` is another one after every change, so that whoever knows a list sees by it alone whether it is the same. */
const wordLists = `
create sequence word_list_revisions;

create table word_lists (
  id text collate "C" primary key,
  name text not null unique,
  action text not null check (action in ('mask', 'block')),
  applies_to text not null check (applies_to in ('input', 'output', 'both')),
  enabled boolean not null,
  words text[] not null,
  word_count int not null generated always as (cardinality(words)) stored,
  revision bigint not null default nextval('word_list_revisions'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
`;

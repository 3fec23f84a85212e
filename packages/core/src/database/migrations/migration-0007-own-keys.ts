import { Migration } from '@mikro-orm/migrations';

/** Provider keys that users bring, and jobs at a share of their price: what it was multiplied with stands beside what a job cost. */
export class Migration0007OwnKeys extends Migration {
  override up(): void {
    this.addSql(priceFactor);
    this.addSql(ownKeys);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const priceFactor = `
alter table jobs add column price_factor numeric(10,4) not null default 1 check (price_factor >= 0);
alter table settlements add column price_factor numeric(10,4) not null default 1 check (price_factor >= 0);
`;

const ownKeys = `
create table own_keys (
  id text collate "C" primary key,
  user_id text collate "C" not null references users on delete cascade,
  provider_id text collate "C" not null references providers on delete cascade,
  name text not null,
  ciphertext bytea not null,
  last_four text not null,
  -- Counts the secrets that this key has had.
  revision integer not null default 1,
  enabled boolean not null default true,
  disabled_reason text,
  created_at timestamptz not null default now(),
  rotated_at timestamptz
);
create index own_keys_of_user on own_keys (user_id, id);
alter table jobs add column uses_own_key boolean not null default false;
alter table batches add column key_choice text check (key_choice in ('platform', 'own', 'auto'));
`;

import { Migration } from '@mikro-orm/migrations';

/** Which model stands for a capability when a caller names only that. */
export class Migration0006Providers extends Migration {
  override up(): void {
    this.addSql(defaults);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const defaults = `
create table default_models (
  capability text primary key,
  model_id text collate "C" not null references models on delete cascade
);
`;

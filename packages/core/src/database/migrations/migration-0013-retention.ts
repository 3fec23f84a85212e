import { Migration } from '@mikro-orm/migrations';

/** Every ended job is forgotten some day, not only what was not to be stored. */
export class Migration0013Retention extends Migration {
  override up(): void {
    this.addSql('drop index jobs_to_forget');
    this.addSql('create index jobs_to_forget on jobs (is_stored, finished_at) where deleted_at is null and finished_at is not null');
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

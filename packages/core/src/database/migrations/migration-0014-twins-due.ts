import { Migration } from '@mikro-orm/migrations';

/** Who looks each second for jobs that wait for another's answer should not read the whole queue for them: 0.2 s at 150,000 rows. */
export class Migration0014TwinsDue extends Migration {
  override up(): void {
    this.addSql(`create index jobs_that_wait_to_look_at on jobs (look_at) where status = 'queued' and cached_from is not null`);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

import { Migration } from '@mikro-orm/migrations';

/** Answers that the next attempt was asked to repair. */
export class Migration0008Repairs extends Migration {
  override up(): void {
    this.addSql(`
alter table attempts
  -- Its answer was whole and did not fit: it is charged together with the billable attempt, which was shown it.
  add column repaired boolean not null default false;
create unique index attempts_repaired on attempts (job_id) where repaired;
`);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

import { Migration } from '@mikro-orm/migrations';
import { jobs } from './spine/jobs.ts';
import { money } from './spine/money.ts';
import { operations } from './spine/operations.ts';
import { people } from './spine/people.ts';
import { providers } from './spine/providers.ts';

/** People, providers, jobs and money. Every id sorts by byte, so that a cursor means the same in every locale. */
export class Migration0001Spine extends Migration {
  override up(): void {
    for (const sql of [people, providers, jobs, money, operations]) this.addSql(sql);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

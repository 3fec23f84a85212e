import { Migration } from '@mikro-orm/migrations';

/** Which ended job a job was made of to ask the same again. */
export class Migration0012Retries extends Migration {
  override up(): void {
    this.addSql(retries);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

// No reference: the job that ended may be gone long before the one that asks again.
const retries = `
alter table jobs add column retry_of text collate "C";
`;

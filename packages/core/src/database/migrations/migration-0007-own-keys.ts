import { Migration } from '@mikro-orm/migrations';

/** Jobs at a share of their price: what a settlement was multiplied with stands beside what it cost. */
export class Migration0007OwnKeys extends Migration {
  override up(): void {
    this.addSql(priceFactor);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const priceFactor = `
alter table jobs add column price_factor numeric(10,4) not null default 1 check (price_factor >= 0);
alter table settlements add column price_factor numeric(10,4) not null default 1 check (price_factor >= 0);
`;

import type { EntityManager } from '@mikro-orm/postgresql';
import { sql, type RawBuilder } from 'kysely';

export { sql };

/** Runs a statement in the transaction of `em`, if it has one. numeric, bigint and timestamptz come back as strings: cast in SQL. */
export async function execute<Row>(em: EntityManager, statement: RawBuilder<Row>): Promise<Row[]> {
  const { rows } = await statement.execute(em.getKysely());
  return rows;
}

/** The only row of a statement that always has one. */
export async function one<Row>(em: EntityManager, statement: RawBuilder<Row>): Promise<Row> {
  const [row] = await execute(em, statement);
  if (!row) throw new Error('the statement returned no row');
  return row;
}

import pg from 'pg';

/** Any number; the lock is in the database `postgres`, where nothing else takes locks. */
const lockId = 7_205_759_402;

/**
 * A connection that shows that this process uses the server. Every user holds the same shared lock, and a connection ends with its
 * process, so whoever gets the lock for itself alone is the last one: no process numbers, no files to go stale.
 */
export interface Keeper {
  /** Gives up the use; true when nobody else uses the server. */
  leave(): Promise<boolean>;
}

/**
 * Joins the users of the server; the database `sluice` exists from then on.
 * @throws what the connection throws, such as ECONNREFUSED, and 57P03 while the server starts
 */
export async function joinServer(url: string, onLost: (error: Error) => void): Promise<Keeper> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice keeper', connectionTimeoutMillis: 5_000 });
  client.on('error', onLost);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock_shared($1)', [lockId]);
    await createOwnDatabase(client);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return { leave: () => leave(client) };
}

async function leave(client: pg.Client): Promise<boolean> {
  try {
    await client.query('select pg_advisory_unlock_shared($1)', [lockId]);
    const { rows } = await client.query<{ isLast: boolean }>('select pg_try_advisory_lock($1) as "isLast"', [lockId]);
    return rows[0]?.isLast ?? true;
  } catch {
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createOwnDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query("select from pg_database where datname = 'sluice'");
  if (rowCount === 0) await client.query('create database sluice');
}

import { AppConfigError } from '@sluice/platform';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { entities } from './entities.ts';
import { Migration0001Spine } from './migrations/migration-0001-spine.ts';
import { Migration0002OpenaiSurface } from './migrations/migration-0002-openai-surface.ts';
import { Migration0003Batches } from './migrations/migration-0003-batches.ts';
import { Migration0004Webhooks } from './migrations/migration-0004-webhooks.ts';
import { Migration0005Templates } from './migrations/migration-0005-templates.ts';
import { Migration0006Providers } from './migrations/migration-0006-providers.ts';
import { Migration0007OwnKeys } from './migrations/migration-0007-own-keys.ts';
import { Migration0008Kinds } from './migrations/migration-0008-kinds.ts';
import { Migration0008Repairs } from './migrations/migration-0008-repairs.ts';
import { Migration0009ResultCache } from './migrations/migration-0009-result-cache.ts';
import { Migration0010WordLists } from './migrations/migration-0010-word-lists.ts';
import { Migration0012Retries } from './migrations/migration-0012-retries.ts';
import { Migration0013Retention } from './migrations/migration-0013-retention.ts';
import { Migration0014TwinsDue } from './migrations/migration-0014-twins-due.ts';
import { execute, sql } from './sql.ts';

export interface Database {
  /** A fresh unit of work: one for a request, one for a turn of a loop. */
  em(): EntityManager;
  /** Brings the schema up to date. Processes that start together wait for one another. @throws AppConfigError when PostgreSQL cannot be used */
  migrate(): Promise<void>;
  /** Throws when the database cannot be reached or written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

interface DatabaseOptions {
  url: string;
  /** Connections of this process at the most. */
  poolSize?: number;
  applicationName?: string;
}

/** Any number that no other user of the database takes as its advisory lock. */
const migrationLock = 7_205_759_403;

export async function createDatabase({ url, poolSize = 10, applicationName = 'sluice' }: DatabaseOptions): Promise<Database> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    pool: { min: 0, max: poolSize },
    driverOptions: {
      application_name: applicationName,
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 15_000,
      keepAlive: true,
    },
    migrations: {
      migrationsList: [
        { name: 'migration-0001-spine', class: Migration0001Spine },
        { name: 'migration-0002-openai-surface', class: Migration0002OpenaiSurface },
        { name: 'migration-0003-batches', class: Migration0003Batches },
        { name: 'migration-0004-webhooks', class: Migration0004Webhooks },
        { name: 'migration-0005-templates', class: Migration0005Templates },
        { name: 'migration-0006-providers', class: Migration0006Providers },
        { name: 'migration-0007-own-keys', class: Migration0007OwnKeys },
        { name: 'migration-0008-kinds', class: Migration0008Kinds },
        { name: 'migration-0008-repairs', class: Migration0008Repairs },
        { name: 'migration-0009-result-cache', class: Migration0009ResultCache },
        { name: 'migration-0010-word-lists', class: Migration0010WordLists },
        { name: 'migration-0012-retries', class: Migration0012Retries },
        { name: 'migration-0013-retention', class: Migration0013Retention },
        { name: 'migration-0014-twins-due', class: Migration0014TwinsDue },
      ],
      tableName: 'migrations',
      snapshot: false,
      silent: true,
    },
  });
  return {
    em: () => orm.em.fork(),
    async migrate() {
      await execute(orm.em.fork(), sql`select 1`).catch((cause: unknown) => {
        throw unusable(url, cause);
      });
      await orm.em.fork().transactional(async (lock) => {
        await execute(lock, sql`select pg_advisory_xact_lock(${migrationLock})`);
        await orm.migrator.up();
      });
    },
    ping: async () => void (await execute(orm.em.fork(), sql`select pg_current_wal_insert_lsn()`)),
    close: () => orm.close(true),
  };
}

function unusable(url: string, cause: unknown): AppConfigError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppConfigError([`DATABASE_URL: PostgreSQL at ${new URL(url).host} cannot be used: ${why}`], { cause });
}

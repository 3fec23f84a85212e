import { Migration } from '@mikro-orm/migrations';

/** Which job's answer stands for a question that is asked again, and which jobs take it. */
export class Migration0009ResultCache extends Migration {
  override up(): void {
    for (const sql of [models, jobs, results]) this.addSql(sql);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const models = `
alter table models
  -- Null: only jobs that ask for the cache use it.
  add column cache_ttl_s integer check (cache_ttl_s > 0),
  add column cache_scope text not null default 'user' check (cache_scope in ('user', 'everyone'));
`;

const jobs = `
alter table jobs
  -- Set for a job that uses the cache: a hash of what it asks and of who may share the answer, how old an answer it takes
  -- and for how long its own is taken, and what its price is multiplied with when it takes one.
  add column cache_key bytea,
  add column cache_ttl_s integer,
  add column cache_price_factor numeric(10,4),
  -- The job whose answer this one waits for, while it is queued, or has taken.
  add column cached_from text collate "C",
  add check ((cache_key is null) = (cache_ttl_s is null) and (cache_key is null) = (cache_price_factor is null));
create index jobs_that_wait on jobs (cached_from) where status = 'queued' and cached_from is not null;
`;

const results = `
-- The job that answers a question: it may still run. The answer stands on its row, and goes with it.
create table cached_results (
  key bytea primary key,
  job_id text collate "C" not null,
  -- No job takes the answer after this; when it may not be taken any more is told by the row of the job.
  expires_at timestamptz not null
);
create index cached_results_of_job on cached_results (job_id);
create index cached_results_by_expiry on cached_results (expires_at);
`;

import { Migration } from '@mikro-orm/migrations';

/** Files, and batches whose lines stand in them. */
export class Migration0003Batches extends Migration {
  override up(): void {
    for (const sql of [files, batches, batchRows, jobsOfBatches]) this.addSql(sql);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const files = `
create table files (
  id text collate "C" primary key,
  user_id text collate "C" not null references users,
  purpose text,
  filename text,
  bytes bigint check (bytes >= 0),
  created_at timestamptz not null default now(),
  -- The row comes before the content and goes after it, so that no content is without a row: null while it is written.
  stored_at timestamptz,
  expires_at timestamptz,
  deleted_at timestamptz,
  check (stored_at is null or (purpose is not null and filename is not null and bytes is not null))
);
create index files_of_user on files (user_id, id) where stored_at is not null and deleted_at is null;
create index files_by_expiry on files (expires_at) where expires_at is not null;
create index files_to_remove on files (id) where stored_at is null or deleted_at is not null;
`;

const batches = `
create table batches (
  id text collate "C" primary key,
  user_id text collate "C" not null references users,
  api_key_id text collate "C",
  -- What was asked.
  endpoint text not null,
  input_file_id text collate "C" not null,
  window_s integer not null check (window_s > 0),
  output_expires_s integer,
  metadata json not null,
  budget numeric(20,4) check (budget > 0),
  -- Where it stands, for callers, and what a worker has to do next: null when it is over.
  status text not null default 'validating'
    check (status in ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled')),
  phase text default 'validate' check (phase in ('validate', 'pump', 'finalise')),
  -- What it is when all its rows have ended.
  ending text not null default 'completed' check (ending in ('completed', 'cancelled', 'expired')),
  model text,
  errors json,
  waiting_code text,
  waiting_message text,
  output_file_id text collate "C",
  error_file_id text collate "C",
  -- Counted in the statements that move the rows, so they always add up.
  total integer not null default 0,
  completed integer not null default 0,
  failed integer not null default 0,
  input_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  -- Of all its valid rows: what they can use and cost at most.
  estimated_input_tokens bigint,
  estimated_output_tokens bigint,
  estimated_cost numeric(20,4),
  -- The last number given to a row that ended.
  last_seq integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  in_progress_at timestamptz,
  paused_at timestamptz,
  finalizing_at timestamptz,
  completed_at timestamptz,
  failed_at timestamptz,
  expired_at timestamptz,
  cancelling_at timestamptz,
  cancelled_at timestamptz,
  -- One worker at a time works on it. Work done twice would be lost work, not wrong work.
  look_at timestamptz default now(),
  lease_id text,
  lease_until timestamptz,
  check (completed + failed <= total),
  check ((phase is null) = (status in ('failed', 'completed', 'expired', 'cancelled')))
);
create index batches_of_user on batches (user_id, id);
create index batches_to_look_at on batches (phase, look_at) where phase is not null;
create index batches_of_file on batches (input_file_id) where phase is not null;
-- The rows that failed, by the code of their error.
create table batch_failures (
  batch_id text collate "C" not null references batches on delete cascade,
  code text not null,
  rows integer not null check (rows >= 0),
  message text not null,
  primary key (batch_id, code)
);
`;

const batchRows = `
create table batch_rows (
  batch_id text collate "C" not null references batches on delete cascade,
  line integer not null check (line > 0),
  custom_id text collate "C" not null,
  -- Where the line stands in the input file, in bytes.
  position bigint not null,
  length integer not null,
  status text not null default 'pending' check (status in ('pending', 'submitted', 'completed', 'failed', 'cancelled', 'expired')),
  -- Grows when a row that failed is tried again; part of its job's idempotency key.
  run integer not null default 1,
  job_id text collate "C",
  -- In which order the rows ended.
  seq integer,
  -- Why it did not complete; and the answer that a row without a job was refused with.
  error_code text,
  error_message text,
  refusal json,
  primary key (batch_id, line),
  check ((seq is not null) = (status not in ('pending', 'submitted'))),
  check (status <> 'submitted' or job_id is not null)
) with (fillfactor = 80);
create unique index batch_rows_custom_id on batch_rows (batch_id, custom_id);
create index batch_rows_by_status on batch_rows (batch_id, status, line);
create unique index batch_rows_by_seq on batch_rows (batch_id, seq) where seq is not null;
`;

const jobsOfBatches = `
create index jobs_of_batch on jobs (batch_id, id) where batch_id is not null;
create index jobs_unsettled_of_batch on jobs (batch_id) include (hold) where batch_id is not null and billing_state <> 'settled';
`;

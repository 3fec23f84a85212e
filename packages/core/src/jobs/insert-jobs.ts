import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';
import type { JobDraft } from './plan-job.ts';

/** A message that was lost is sent again by the sweep after this long. */
export const firstLookS = 15;

/** One that waits for another job's answer is looked after this soon, should nobody wake it. */
const firstTwinLookS = 1;

type Column = [name: string, type: string, valueOf: (draft: JobDraft) => string | number | boolean | null];

/** What is written of a draft: the column, its type, and its value as text that PostgreSQL reads. The keys of callers' JSON keep their order. */
const columns: Column[] = [
  ['id', 'text', ({ id }) => id],
  ['user_id', 'text', ({ userId }) => userId],
  ['api_key_id', 'text', ({ apiKeyId }) => apiKeyId],
  ['idempotency_key', 'text', ({ idempotencyKey }) => idempotencyKey],
  ['request_hash', 'bytea', ({ requestHash }) => (requestHash === null ? null : `\\x${requestHash}`)],
  ['kind', 'text', ({ kind }) => kind],
  ['model', 'text', ({ model }) => model],
  ['routes', 'json', ({ routes }) => JSON.stringify(routes)],
  ['provider_id', 'text', ({ providerId }) => providerId],
  ['request', 'json', ({ request }) => JSON.stringify(request)],
  ['input_estimate', 'int', ({ inputEstimate }) => inputEstimate],
  ['max_tokens', 'int', ({ maxTokens }) => maxTokens],
  ['priority', 'text', ({ priority }) => priority],
  ['on_stream_failure', 'text', ({ onStreamFailure }) => onStreamFailure],
  ['max_attempts', 'int', ({ maxAttempts }) => maxAttempts],
  ['metadata', 'json', ({ metadata }) => JSON.stringify(metadata)],
  ['batch_id', 'text', ({ batchId }) => batchId],
  ['deadline_at', 'timestamptz', ({ deadlineAt }) => deadlineAt.toISOString()],
  ['created_at', 'timestamptz', ({ createdAt }) => createdAt.toISOString()],
  ['price_id', 'text', ({ priceId }) => priceId],
  ['uses_own_key', 'boolean', ({ usesOwnKey }) => usesOwnKey],
  ['price_factor', 'numeric', ({ priceFactor }) => priceFactor],
  ['hold', 'numeric', ({ hold }) => hold],
  ['webhook_url', 'text', ({ webhookUrl }) => webhookUrl],
  ['surface', 'text', ({ surface }) => surface],
  ['is_background', 'boolean', ({ isBackground }) => isBackground],
  ['is_stored', 'boolean', ({ isStored }) => isStored],
  ['surface_echo', 'json', ({ surfaceEcho }) => (surfaceEcho === null ? null : JSON.stringify(surfaceEcho))],
  ['surface_input', 'json', ({ surfaceInput }) => (surfaceInput === null ? null : JSON.stringify(surfaceInput))],
  ['template_version_id', 'text', ({ templateVersionId }) => templateVersionId],
  ['retry_of', 'text', ({ retryOf }) => retryOf],
];

/** What is written besides when some of the drafts use the result cache. */
const cacheColumns: Column[] = [
  ['cache_key', 'bytea', ({ cache }) => cache && `\\x${cache.key}`],
  ['cache_ttl_s', 'int', ({ cache }) => cache && cache.ttlS],
  ['cache_price_factor', 'numeric', ({ cache }) => cache && cache.priceFactor],
  ['cached_from', 'text', ({ cachedFrom }) => cachedFrom],
];

/** Writes queued rows in one statement. */
export async function insertJobs(tx: EntityManager, drafts: JobDraft[]): Promise<void> {
  if (drafts.length > 0) await execute(tx, renderInsert(drafts, sql`true`));
}

/**
 * The statement that writes queued rows, all of them or, unless `condition` holds, none. A column travels as an array: as a JSON object
 * a row costs PostgreSQL 6 us more, of 36.
 */
export function renderInsert(drafts: JobDraft[], condition: RawBuilder<unknown>): RawBuilder<unknown> {
  const usesCache = drafts.some(({ cache }) => cache !== null);
  const written = usesCache ? [...columns, ...cacheColumns] : columns;
  const names = sql.raw(written.map(([name]) => name).join(', '));
  const lookS = usesCache ? sql`case when cached_from is null then ${firstLookS}::int else ${firstTwinLookS}::int end` : sql`${firstLookS}`;
  const arrays = written.map(([, type, valueOf]) => sql`${drafts.map(valueOf)}::${sql.raw(type)}[]`);
  return sql`insert into jobs (status, look_at, ${names})
    select 'queued', now() + make_interval(secs => ${lookS}), ${names} from unnest(${sql.join(arrays)}) as row (${names}) where ${condition}`;
}

import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { JobDraft } from './plan-job.ts';

/** A message that was lost is sent again by the sweep after this long. */
export const firstLookS = 15;

/** Writes queued rows in one statement. `request` travels as text, so that the keys of callers' JSON keep their order. */
export async function insertJobs(tx: EntityManager, drafts: JobDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => ({
    ...draft,
    routes: JSON.stringify(draft.routes),
    request: JSON.stringify(draft.request),
    metadata: JSON.stringify(draft.metadata),
    surfaceEcho: draft.surfaceEcho === null ? null : JSON.stringify(draft.surfaceEcho),
    surfaceInput: draft.surfaceInput === null ? null : JSON.stringify(draft.surfaceInput),
  }));
  await execute(
    tx,
    sql`insert into jobs (id, user_id, api_key_id, idempotency_key, request_hash, status, kind, model, routes, provider_id, request, input_estimate,
          max_tokens, priority, on_stream_failure, max_attempts, metadata, batch_id, deadline_at, look_at, created_at, price_id, price_factor, hold,
          webhook_url, surface, is_background, is_stored, surface_echo, surface_input, template_version_id, retry_of)
        select id, "userId", "apiKeyId", "idempotencyKey", decode("requestHash", 'hex'), 'queued', kind, model, routes::json, "providerId", request::json,
          "inputEstimate", "maxTokens", priority, "onStreamFailure", "maxAttempts", metadata::json, "batchId", "deadlineAt",
          now() + make_interval(secs => ${firstLookS}), "createdAt", "priceId", "priceFactor", hold,
          "webhookUrl", surface, "isBackground", "isStored", "surfaceEcho"::json, "surfaceInput"::json, "templateVersionId", "retryOf"
        from json_to_recordset(${JSON.stringify(rows)}::json) as row (id text, "userId" text, "apiKeyId" text, "idempotencyKey" text,
          "requestHash" text, kind text, model text, routes text, "providerId" text, request text, "inputEstimate" int, "maxTokens" int, priority text,
          "onStreamFailure" text, "maxAttempts" int, metadata text, "batchId" text, "deadlineAt" timestamptz, "createdAt" timestamptz, "priceId" text,
          "priceFactor" numeric, hold numeric, "webhookUrl" text, surface text, "isBackground" boolean, "isStored" boolean, "surfaceEcho" text, "surfaceInput" text, "templateVersionId" text, "retryOf" text)`,
  );
}

import { z } from 'zod';
import { Credits, PositiveCredits } from './credits.ts';
import { ErrorCode } from './errors.ts';
import { ExpirySeconds } from './files.ts';
import { Metadata } from './jobs.ts';
import { KeyChoice } from './own-keys.ts';

/** What a batch's lines hold: bodies of one of these routes. */
export const BatchEndpoint = z.enum(['/v1/jobs', '/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/moderations']);
export type BatchEndpoint = z.infer<typeof BatchEndpoint>;

export const BatchStatus = z.enum(['validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled']);
export type BatchStatus = z.infer<typeof BatchStatus>;

export const batchLinesMax = 50_000;

/** In all its lines together. */
export const batchEmbeddingsMax = 50_000;

/** One line may weigh as much as the body of a request. */
export const batchLineBytesMax = 16 * 1024 * 1024;

const CompletionWindow = z
  .string()
  .regex(/^([1-9]|[1-9]\d|1[0-5]\d|16[0-8])h$/, { error: 'must be 24h, or another number of hours from 1h to 168h' })
  .meta({ examples: ['24h'] });

export const CreateBatchRequest = z
  .strictObject({
    input_file_id: z.string().min(1).max(64),
    endpoint: BatchEndpoint,
    completion_window: CompletionWindow,
    metadata: Metadata.nullish().transform((metadata) => metadata ?? {}),
    output_expires_after: z.strictObject({ anchor: z.literal('created_at'), seconds: ExpirySeconds }).nullish(),
    budget_credits: PositiveCredits.nullish().meta({ description: 'No row starts that could take the cost above this' }),
    key: KeyChoice.nullish().meta({ description: 'For the lines that do not say whose provider keys to use' }),
    paused: z.boolean().default(false).meta({ description: 'Validates and estimates only; nothing runs before it is resumed' }),
  })
  .meta({ id: 'CreateBatch' });
export type CreateBatchRequest = z.infer<typeof CreateBatchRequest>;

export const ResumeBatchRequest = z
  .strictObject({ budget_credits: PositiveCredits.nullish().meta({ description: 'A new budget; null lifts it' }) })
  .meta({ id: 'ResumeBatch' });
export type ResumeBatchRequest = z.infer<typeof ResumeBatchRequest>;

/** Why a file was not accepted as a batch. */
export const BatchFaultCode = z.enum([
  'invalid_json_line',
  'duplicate_custom_id',
  'url_mismatch',
  'model_mismatch',
  'empty_file',
  'too_many_tasks',
  'invalid_request',
]);
export type BatchFaultCode = z.infer<typeof BatchFaultCode>;

/** One fault of an input file. `line` counts from 1; null is the file as a whole. */
export const BatchFault = z.object({
  code: BatchFaultCode,
  message: z.string(),
  param: z.string().nullable(),
  line: z.int().positive().nullable(),
});
export type BatchFault = z.infer<typeof BatchFault>;

const count = z.int().nonnegative();
const unixSeconds = z.int().nonnegative();

export const BatchUsage = z.object({
  input_tokens: count,
  input_tokens_details: z.object({ cached_tokens: count }),
  output_tokens: count,
  output_tokens_details: z.object({ reasoning_tokens: count }),
  total_tokens: count,
});

export const BatchObject = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: BatchEndpoint,
    model: z.string().nullable().meta({ description: 'Set when all lines name the same' }),
    errors: z.object({ object: z.literal('list'), data: z.array(BatchFault) }).nullable(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: BatchStatus,
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: unixSeconds,
    in_progress_at: unixSeconds.nullable(),
    expires_at: unixSeconds,
    finalizing_at: unixSeconds.nullable(),
    completed_at: unixSeconds.nullable(),
    failed_at: unixSeconds.nullable(),
    expired_at: unixSeconds.nullable(),
    cancelling_at: unixSeconds.nullable(),
    cancelled_at: unixSeconds.nullable(),
    request_counts: z.object({ total: count, completed: count, failed: count }),
    usage: BatchUsage,
    metadata: Metadata,
    paused_at: unixSeconds.nullable(),
    waiting: z
      .object({ code: z.union([ErrorCode, z.literal('budget_reached')]), message: z.string() })
      .nullable()
      .meta({ description: 'Why no row starts now' }),
    budget_credits: Credits.nullable(),
    estimate: z
      .object({ input_tokens: count, max_output_tokens: count, max_cost: Credits })
      .nullable()
      .meta({ description: 'The most that all valid lines can use and cost; set once the file is validated' }),
    cost: Credits.meta({ description: 'What its rows have cost so far' }),
    failures: z
      .array(z.object({ code: z.string(), count, message: z.string() }))
      .meta({ description: 'The rows that failed, by the code of their error; `message` is one of them' }),
  })
  .meta({ id: 'Batch' });
export type BatchObject = z.infer<typeof BatchObject>;

export const BatchListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().max(64).optional(),
});
export type BatchListQuery = z.infer<typeof BatchListQuery>;

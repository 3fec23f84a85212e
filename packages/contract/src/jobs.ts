import { z } from 'zod';
import { Credits, PriceFactor } from './credits.ts';
import { ErrorCode, Fault } from './errors.ts';
import { FinishReason } from './failure.ts';
import { JobStatus } from './job-status.ts';
import { EmbeddingOutput, JobKind, ModerationOutput, RerankOutput } from './kind-outputs.ts';
import { ListQuery } from './lists.ts';
import { OutputCheck } from './output-check.ts';
import { KeyChoice } from './own-keys.ts';
import { CacheRequest } from './result-cache.ts';
import { TemplateRef, TemplateValues } from './template-ref.ts';
import { OpaqueJson, text } from './text.ts';
import { Usage } from './usage.ts';
import { WebhookUrl } from './webhooks.ts';

/** One text: about 4 million characters, the size that a body of 8 MB can hold. */
const longText = text(4_000_000);
export const shortText = text(256);

const ContentPart = z.looseObject({ type: z.string().max(64) });

/** A chat message as OpenAI has it; parts, tool calls and names are passed through. */
export const Message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
    content: z.union([longText, z.array(ContentPart).max(1000), z.null()]).optional(),
  })
  .and(OpaqueJson)
  .meta({ id: 'Message' });

export const JobParams = z
  .strictObject({
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().min(0).max(1).optional(),
    max_tokens: z.int().min(1).max(10_000_000).optional(),
    stop: z.union([text(1000), z.array(text(1000)).max(16)]).optional(),
    seed: z.int().optional(),
    presence_penalty: z.number().min(-2).max(2).optional(),
    frequency_penalty: z.number().min(-2).max(2).optional(),
    response_format: OpaqueJson.optional(),
    tools: z.array(OpaqueJson).max(128).optional(),
    tool_choice: OpaqueJson.optional(),
    parallel_tool_calls: z.boolean().optional(),
    reasoning_effort: z.string().max(32).optional(),
    verbosity: z.enum(['low', 'medium', 'high']).optional(),
    logit_bias: z.record(z.string().max(16), z.number().min(-100).max(100)).optional(),
  })
  .meta({ id: 'JobParams' });
export type JobParams = z.infer<typeof JobParams>;

/** Up to 16 pairs of the caller's own, returned as they are. */
export const Metadata = z
  .record(text(64), text(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { error: 'has more than 16 pairs' });

export const JobPriority = z.enum(['interactive', 'background', 'batch']);
export type JobPriority = z.infer<typeof JobPriority>;

export const StreamFailurePolicy = z.enum(['restart', 'fail']);
export type StreamFailurePolicy = z.infer<typeof StreamFailurePolicy>;

/** What every job may say of how it is run, whatever its kind. */
export const jobSettings = {
  key: KeyChoice.optional(),
  priority: JobPriority.default('interactive'),
  max_attempts: z.int().min(1).max(10).default(3),
  deadline_s: z.int().min(1).max(86_400).default(600),
  webhook_url: WebhookUrl.optional().meta({ description: 'Where to tell of the end of this one job; see docs/webhooks.md' }),
  cache: CacheRequest.optional(),
  metadata: Metadata.default({}),
};

export const SubmitTextRequest = z
  .strictObject({
    kind: z.literal('text').optional(),
    model: shortText.min(1).optional().meta({ description: 'A model name as GET /v1/models lists it; a template brings its own' }),
    input: longText.min(1).optional().meta({ description: 'The question as plain text; or send `messages`, or a `template`' }),
    messages: z.array(Message).min(1).max(2000).optional(),
    template: TemplateRef.optional(),
    variables: TemplateValues.optional().meta({ description: 'What the template is filled in with' }),
    instructions: longText.optional().meta({ description: 'A system message put in front' }),
    params: JobParams.default({}),
    output_check: OutputCheck.optional().meta({ description: 'For a `response_format` of the type json_schema; see docs/kinds.md' }),
    on_stream_failure: StreamFailurePolicy.default('restart'),
    ...jobSettings,
  })
  .refine(({ input, messages, template }) => [input, messages, template].filter((given) => given !== undefined).length === 1, {
    error: 'send exactly one of input, messages and template',
    path: ['input'],
  })
  .refine(({ model, template }) => model !== undefined || template !== undefined, { error: 'is required', path: ['model'] })
  .refine(({ variables, template }) => variables === undefined || template !== undefined, {
    error: 'is what a template is filled in with; send template too',
    path: ['variables'],
  })
  .meta({ id: 'SubmitTextJob' });
export type SubmitTextRequest = z.infer<typeof SubmitTextRequest>;

/** Rows are checked one by one, so that a bad one is a fault of its own. */
export const SubmitBulkRequest = z.strictObject({ jobs: z.array(z.unknown()).min(1).max(1000) });

export const ToolCall = z.object({ id: z.string(), name: z.string(), arguments: z.string() });
export type ToolCall = z.infer<typeof ToolCall>;

/** The answer of a job of kind `text`. */
export const JobOutput = z.object({
  text: z.string(),
  reasoning: z.string().nullable(),
  tool_calls: z.array(ToolCall),
  finish_reason: FinishReason.nullable(),
  schema_valid: z
    .boolean()
    .nullable()
    .optional()
    .meta({ description: 'Whether the text fits the json_schema it was asked in; null when that could not be checked' }),
  schema_errors: z.array(Fault).optional(),
});
export type JobOutput = z.infer<typeof JobOutput>;

export const BillingState = z.enum(['held', 'settle_pending', 'settled']);
export type BillingState = z.infer<typeof BillingState>;

const ms = z.int().nonnegative().nullable();
const time = z.iso.datetime();

function jobOf<Kind extends JobKind, Output extends z.ZodType>(kind: Kind, output: Output) {
  return z.object({
    id: z.string(),
    object: z.literal('job'),
    kind: z.literal(kind),
    status: JobStatus,
    model: z.string(),
    provider: z.string().nullable(),
    key: z.enum(['platform', 'own']).meta({ description: 'Whose provider keys it is called with' }),
    attempt: z.int(),
    failures: z.int(),
    max_attempts: z.int(),
    output: output.nullable(),
    usage: Usage.nullable(),
    billing: z.object({ state: BillingState, hold: Credits, cost: Credits.nullable(), price_factor: PriceFactor }),
    error: z.object({ code: ErrorCode, message: z.string() }).nullable(),
    timings: z.object({ queued_ms: ms, first_token_ms: ms, total_ms: ms }),
    conversation_id: z.string().nullable(),
    batch_id: z.string().nullable(),
    template: z.string().nullable(),
    retry_of: z.string().nullable().meta({ description: 'The ended job that this one asks again' }),
    cached: z.boolean().meta({ description: 'True when its answer is that of an identical job, which `cached_from` names' }),
    cached_from: z.string().nullable().meta({ description: 'The job whose answer it took or, while it is queued, waits for' }),
    metadata: Metadata,
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    content_deleted_at: time
      .nullable()
      .meta({ description: 'When what was asked and answered was deleted, by a caller or by age; usage and cost stay' }),
  });
}

export const JobObject = z
  .discriminatedUnion('kind', [
    jobOf('text', JobOutput),
    jobOf('embedding', EmbeddingOutput),
    jobOf('rerank', RerankOutput),
    jobOf('moderation', ModerationOutput),
  ])
  .meta({ id: 'Job' });
export type JobObject = z.infer<typeof JobObject>;

export const JobListQuery = ListQuery.extend({
  status: JobStatus.optional(),
  kind: JobKind.optional(),
  model: z.string().max(256).optional(),
  batch_id: z.string().max(64).optional(),
  created_after: z.iso.datetime({ offset: true }).optional(),
});
export type JobListQuery = z.infer<typeof JobListQuery>;

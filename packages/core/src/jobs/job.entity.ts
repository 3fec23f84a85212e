import type {
  BillingState,
  FailureKind,
  FinishReason,
  JobKind,
  JobPriority,
  JobStatus,
  StreamFailurePolicy,
  UsageSource,
} from '@sluice/contract';
import { defineEntity, p } from '@mikro-orm/core';
import type { JobRequest, JobResult, Route } from './job-request.ts';
import type { SurfaceName } from './surface.ts';

const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    id: p.string().primary(),
    userId: p.string(),
    apiKeyId: p.string().nullable(),
    kind: p.string().$type<JobKind>(),
    status: p.string().$type<JobStatus>(),
    attempt: p.integer(),
    failures: p.integer(),
    maxAttempts: p.integer(),
    model: p.string(),
    routes: p.json<Route[]>(),
    route: p.integer(),
    providerId: p.string(),
    request: p.json<JobRequest>().lazy(),
    inputEstimate: p.integer(),
    maxTokens: p.integer(),
    priority: p.string().$type<JobPriority>(),
    onStreamFailure: p.string().$type<StreamFailurePolicy>(),
    metadata: p.json<Record<string, string>>(),
    batchId: p.string().nullable(),
    conversationId: p.string().nullable(),
    retryOf: p.string().nullable(),
    deadlineAt: p.datetime(),
    cancelRequestedAt: p.datetime().nullable(),
    output: p.json<JobResult | null>().nullable(),
    finishReason: p.string().$type<FinishReason>().nullable(),
    errorCode: p.string().nullable(),
    errorMessage: p.string().nullable(),
    inputTokens: p.bigint('number'),
    cachedInputTokens: p.bigint('number'),
    outputTokens: p.bigint('number'),
    reasoningTokens: p.bigint('number'),
    usageSource: p.string().$type<UsageSource>(),
    createdAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    firstTokenAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
    usesOwnKey: p.boolean(),
    priceFactor: p.decimal('string').precision(10).scale(4),
    hold: p.decimal('string').precision(20).scale(4),
    surface: p.string().$type<SurfaceName>(),
    isBackground: p.boolean(),
    isStored: p.boolean(),
    surfaceEcho: p.json<unknown>().lazy().nullable(),
    surfaceInput: p.json<unknown[] | null>().lazy().nullable(),
    deletedAt: p.datetime().nullable(),
    /** Set for a job that uses the result cache. */
    cacheTtlS: p.integer().nullable(),
    /** The job whose answer it waits for, while it is queued, or has taken. */
    cachedFrom: p.string().nullable(),
    billingState: p.string().$type<BillingState>(),
    cost: p
      .decimal('string')
      .formula((_columns, { alias: job }) => `(select cost from settlements where settlements.job_id = ${job}.id)`)
      .nullable(),
    /** `slug@version` of the template it was made from. */
    template: p
      .string()
      .formula(
        (_columns, { alias: job }) =>
          `(select slug || '@' || version from template_versions v join templates t on t.id = v.template_id where v.id = ${job}.template_version_id)`,
      )
      .nullable(),
    /** What went wrong with the last provider call of a job that failed. */
    failure: p
      .string()
      .$type<FailureKind>()
      .formula(
        (_columns, { alias: job }) =>
          `(select failure from attempts where ${job}.status = 'failed' and job_id = ${job}.id and attempts.attempt = ${job}.attempt)`,
      )
      .nullable(),
  },
});

/** A job as readers see it. Never flushed: every change is a compare-and-set in explicit SQL. */
export class Job extends JobSchema.class {}
JobSchema.setClass(Job);

import { createHash } from 'node:crypto';
import { newId, type JobKind, type StreamFailurePolicy, type SubmitJobRequest } from '@sluice/contract';
import { parseCredits, renderCredits, worstCaseCost } from '../billing/index.ts';
import type { ModelForSubmit } from '../providers/index.ts';
import { planCacheUse, type CacheUse } from './cache/cache-use.ts';
import type { CacheTerms } from './cache/plan-cache.ts';
import type { FrozenPrompt } from './frozen-prompt.ts';
import type { JobRequest, Route } from './job-request.ts';
import { planWork } from './plan-work.ts';
import type { Surface, SurfaceName } from './surface.ts';

/** One accepted request, with everything known that the transaction will need. */
export interface Submission {
  userId: string;
  apiKeyId: string | null;
  idempotencyKey: string | null;
  request: SubmitJobRequest;
  /** The request as it came, when it is not that any more: what an idempotency key stands for. */
  asked?: SubmitJobRequest;
  /** The version of the rules that its answer is looked through by, where there are any: answers by others do not stand for it. */
  outputRules?: string;
  model: ModelForSubmit;
  now: Date;
  /** Set when the job was not asked as a job. */
  surface?: Surface;
  /** Set when the request names a template. */
  prompt?: FrozenPrompt | null;
  /** Whether it is called with provider keys that its user has brought, and no others. */
  usesOwnKey?: boolean;
  /** What the price is multiplied with, a decimal string with at most 4 places; 1 unless it is set. */
  priceFactor?: string;
  /** Set for a row of a batch, which has until the batch expires, whatever the request says. */
  batch?: { id: string; expiresAt: Date };
  /** Set for a job that asks again what an ended one asked. */
  retryOf?: string;
  /** Set when it uses the result cache. */
  cache?: CacheTerms | null;
}

/** A row of `jobs` as it is first written. */
export interface JobDraft {
  id: string;
  userId: string;
  apiKeyId: string | null;
  idempotencyKey: string | null;
  requestHash: string | null;
  kind: JobKind;
  model: string;
  routes: Route[];
  providerId: string;
  request: JobRequest;
  inputEstimate: number;
  maxTokens: number;
  priority: SubmitJobRequest['priority'];
  onStreamFailure: StreamFailurePolicy;
  maxAttempts: number;
  metadata: Record<string, string>;
  batchId: string | null;
  deadlineAt: Date;
  createdAt: Date;
  priceId: string;
  usesOwnKey: boolean;
  /** With its 4 places. */
  priceFactor: string;
  hold: string;
  webhookUrl: string | null;
  surface: SurfaceName;
  isBackground: boolean;
  isStored: boolean;
  surfaceEcho: unknown;
  surfaceInput: unknown[] | null;
  templateVersionId: string | null;
  /** `slug@version`. */
  template: string | null;
  retryOf: string | null;
  /** Null when it does not use the result cache. */
  cache: CacheUse | null;
  /** The job whose answer it takes, or waits for. */
  cachedFrom: string | null;
}

/** Freezes a submission: its messages, routes, price and the most it can cost. Pure, but for the new id. */
export function planJob(submission: Submission): JobDraft {
  const { userId, apiKeyId, idempotencyKey, request, model, now, surface, batch, prompt, retryOf, cache } = submission;
  const work = planWork(request, model, prompt ?? null);
  const { inputEstimate, maxTokens, bound = { inputTokens: inputEstimate, maxOutputTokens: maxTokens } } = work;
  const priceFactor = renderCredits(parseCredits(submission.priceFactor ?? '1'));
  const isBatch = request.priority === 'batch';
  const question = {
    userId,
    model: model.alias,
    routes: model.routes,
    kind: work.kind,
    request: work.request,
    maxTokens,
    templateVersionId: prompt?.versionId ?? null,
    usesOwnKey: submission.usesOwnKey ?? false,
    priceFactor,
  };
  return {
    id: newId('job', now.getTime()),
    ...question,
    apiKeyId,
    idempotencyKey,
    requestHash: idempotencyKey === null ? null : hashOf(bodyOf(submission)),
    providerId: firstOf(model.routes).providerId,
    inputEstimate,
    priority: request.priority,
    // What is no stream has nothing to take back.
    onStreamFailure: 'on_stream_failure' in request ? request.on_stream_failure : 'restart',
    maxAttempts: request.max_attempts,
    metadata: request.metadata,
    batchId: batch?.id ?? null,
    deadlineAt: batch?.expiresAt ?? new Date(now.getTime() + request.deadline_s * 1000),
    createdAt: now,
    priceId: model.priceId,
    hold: worstCaseCost(model.price, { ...bound, isBatch, priceFactor }),
    webhookUrl: request.webhook_url === undefined ? null : new URL(request.webhook_url).href,
    surface: surface?.name ?? 'jobs',
    isBackground: surface?.isBackground ?? false,
    isStored: surface?.isStored ?? true,
    surfaceEcho: surface?.echo ?? null,
    surfaceInput: surface?.input ?? null,
    template: prompt?.name ?? null,
    retryOf: retryOf ?? null,
    cache: cache ? planCacheUse({ ...question, outputRules: submission.outputRules }, cache, model.price) : null,
    cachedFrom: null,
  };
}

function firstOf(routes: Route[]): Route {
  const [first] = routes;
  if (!first) throw new Error('a model without a route was offered for submit');
  return first;
}

/** What an idempotency key stands for. */
function bodyOf({ surface, retryOf, request, asked = request }: Submission): unknown {
  return surface?.body ?? (retryOf === undefined ? asked : { retry_of: retryOf });
}

/** A parsed request has its fields in the schema's order, so equal bodies hash alike. */
function hashOf(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}

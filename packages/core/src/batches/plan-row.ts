import { SubmitJobRequest, type BatchEndpoint, type KeyChoice } from '@sluice/contract';
import { parse } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { screenSubmission, type Submission } from '../jobs/index.ts';
import {
  atSurface,
  planChatRequest,
  planEmbeddingRequest,
  planModerationRequest,
  planResponseRequest,
  readResponseRequest,
  resolveInput,
  unsupportedParameter,
  type SurfaceRequest,
} from '../openai-surface/index.ts';
import { freezeRequest, type RequestDirectories } from '../templates/index.ts';
import type { WordRules } from '../word-lists/index.ts';

/** What a row is planned with. */
export interface RowParts extends RequestDirectories {
  em: () => EntityManager;
  wordRules: WordRules;
}

export interface RowOwner {
  batchId: string;
  userId: string;
  apiKeyId: string | null;
  endpoint: BatchEndpoint;
  /** For a line that does not say whose provider keys to use. */
  keyChoice: KeyChoice | null;
  expiresAt: Date;
  now: Date;
}

/**
 * The job that a line's body asks for: read by the rules of its route, run as part of the batch, whatever the body says of
 * priority and deadline.
 * @throws AppError as the route would
 */
export async function planRow(parts: RowParts, owner: RowOwner, body: unknown): Promise<Omit<Submission, 'idempotencyKey'>> {
  const { userId, apiKeyId, batchId, expiresAt, now } = owner;
  const { request: asked, surface } = await readBody(parts, owner, body);
  const request = { ...asked, key: asked.key ?? owner.keyChoice ?? undefined };
  const frozen = await freezeRequest(parts, userId, request).catch((error: unknown) => {
    throw atSurface(surface?.name ?? 'jobs', error);
  });
  const asBatch = {
    ...request,
    priority: 'batch' as const,
    ...('on_stream_failure' in request && { on_stream_failure: 'restart' as const }),
  };
  // Its answer is needed until the batch has its files, whatever `store` says.
  const stored = surface && { surface: { ...surface, isStored: true } };
  const row = { userId, apiKeyId, now, ...frozen, batch: { id: batchId, expiresAt }, request: asBatch, ...stored };
  return screenSubmission(parts.wordRules, row);
}

async function readBody(
  { em }: RowParts,
  { endpoint, userId }: RowOwner,
  body: unknown,
): Promise<Omit<SurfaceRequest, 'surface'> & Partial<SurfaceRequest>> {
  switch (endpoint) {
    case '/v1/jobs':
      return { request: parse(SubmitJobRequest, body) };
    case '/v1/chat/completions': {
      const { isStream, ...planned } = planChatRequest(body);
      if (isStream) throw unsupportedParameter('stream', 'cannot be true in a batch');
      return planned;
    }
    case '/v1/embeddings':
      return planEmbeddingRequest(body);
    case '/v1/moderations':
      return planModerationRequest(body);
    case '/v1/responses': {
      const response = readResponseRequest(body);
      if (response.stream) throw unsupportedParameter('stream', 'cannot be true in a batch');
      if (response.background) throw unsupportedParameter('background', 'cannot be true in a batch');
      return planResponseRequest(response, await resolveInput(em(), userId, response));
    }
  }
}

import {
  CreateEmbeddingRequest,
  CreateModerationRequest,
  CreateRerankRequest,
  type SubmitEmbeddingRequest,
  type SubmitModerationRequest,
  type SubmitRerankRequest,
} from '@sluice/contract';
import type { Surface } from '../jobs/index.ts';
import { parseOpenAi } from './parse-openai.ts';
import { runStyle, type SurfaceRequest } from './surface-request.ts';

function settings() {
  const { on_stream_failure: _, ...style } = runStyle({ isBackground: false, isStream: false });
  return style;
}

function surfaceOf(name: Surface['name'], body: unknown): Surface {
  return { name, isBackground: false, isStored: true, echo: null, input: null, body };
}

/** Reads the body of POST /v1/embeddings and plans its job. @throws OpenAiError invalid_request */
export function planEmbeddingRequest(json: unknown): SurfaceRequest {
  const body = parseOpenAi(CreateEmbeddingRequest, json, {});
  const { model, input, metadata, ...params } = body;
  const request: SubmitEmbeddingRequest = { kind: 'embedding', model, input, params, metadata, ...settings() };
  return { request, surface: surfaceOf('embeddings', body) };
}

/** Reads the body of POST /v1/rerank and plans its job. @throws OpenAiError invalid_request */
export function planRerankRequest(json: unknown): SurfaceRequest {
  const body = parseOpenAi(CreateRerankRequest, json, {});
  const { model, query, documents, metadata, ...params } = body;
  const request: SubmitRerankRequest = { kind: 'rerank', model, query, documents, params, metadata, ...settings() };
  return { request, surface: surfaceOf('rerank', body) };
}

/** Reads the body of POST /v1/moderations and plans its job. @throws OpenAiError invalid_request */
export function planModerationRequest(json: unknown): SurfaceRequest {
  const body = parseOpenAi(CreateModerationRequest, json, {});
  const request: SubmitModerationRequest = { kind: 'moderation', ...body, params: {}, ...settings() };
  return { request, surface: surfaceOf('moderations', body) };
}

import {
  CreateEmbeddingRequest,
  CreateModerationRequest,
  CreateRerankRequest,
  EmbeddingList,
  ModerationObject,
  RerankObject,
} from '@sluice/contract';
import {
  endError,
  planEmbeddingRequest,
  planModerationRequest,
  planRerankRequest,
  presentEmbeddingList,
  presentModeration,
  presentRerank,
  type JobView,
  type SurfaceRequest,
} from '@sluice/core';
import { Router } from 'express';
import type { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, surfaceHeaders, openAiOperation } from '../http/describe-route.ts';
import { acceptSurface } from '../openai-surface/accept-surface.ts';
import { awaitAnswer, type ForegroundParts } from '../openai-surface/foreground.ts';

interface WholeRoute {
  plan: (json: unknown) => SurfaceRequest;
  present: (job: JobView) => object;
}

/** A route that answers in one piece: a job in the foreground. Who hangs up cancels it. */
function wholeRoute(parts: ForegroundParts, { plan, present }: WholeRoute): Router {
  return Router().post('/', (req, res) =>
    parts.drain.hold(
      (async () => {
        const job = await awaitAnswer(parts, res, await acceptSurface(parts, req, res, plan(req.body)));
        if (!job) return;
        const error = endError(job);
        if (error) throw error;
        res.json(present(job));
      })(),
    ),
  );
}

export const embeddingRoutes = (parts: ForegroundParts): Router =>
  wholeRoute(parts, { plan: planEmbeddingRequest, present: presentEmbeddingList });
export const rerankRoutes = (parts: ForegroundParts): Router => wholeRoute(parts, { plan: planRerankRequest, present: presentRerank });
export const moderationRoutes = (parts: ForegroundParts): Router =>
  wholeRoute(parts, { plan: planModerationRequest, present: presentModeration });

function wholePath(path: string, summary: string, request: z.ZodType, answer: z.ZodType): ZodOpenApiPathsObject {
  const responses = answers({ 200: answer });
  return {
    [path]: {
      post: openAiOperation({ tags: ['OpenAI'], summary, requestParams: surfaceHeaders, requestBody: body(request), responses }),
    },
  };
}

export const embeddingPaths = wholePath(
  '/v1/embeddings',
  'Turn texts into vectors, as OpenAI has it',
  CreateEmbeddingRequest,
  EmbeddingList,
);
export const rerankPaths = wholePath(
  '/v1/rerank',
  'Rank documents by a query, in the shape that Jina, Cohere and vLLM share',
  CreateRerankRequest,
  RerankObject,
);
export const moderationPaths = wholePath(
  '/v1/moderations',
  'Look for harmful content, as OpenAI has it',
  CreateModerationRequest,
  ModerationObject,
);

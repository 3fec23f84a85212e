import { ChatCompletionObject, ChatCompletionRequest, ChatCompletionChunk } from '@sluice/contract';
import { endError, planChatRequest, presentChatCompletion } from '@sluice/core';
import { Router, type Request, type Response } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { body, cacheHeader, openAiOperation, surfaceHeaders } from '../http/describe-route.ts';
import { renderFrame } from '../http/sse.ts';
import { createChunkTranslator } from '../jobs/chat-chunks.ts';
import { acceptSurface } from '../openai-surface/accept-surface.ts';
import { abandon, awaitAnswer, type ForegroundParts } from '../openai-surface/foreground.ts';
import { sendStream } from '../openai-surface/send-stream.ts';

/** POST /v1/chat/completions: a job in the foreground. Who hangs up cancels it. */
export function chatCompletionRoutes(parts: ForegroundParts): Router {
  return Router().post('/', (req, res) => parts.drain.hold(complete(parts, req, res)));
}

async function complete(parts: ForegroundParts, req: Request, res: Response): Promise<void> {
  const chat = planChatRequest(req.body);
  const call = await acceptSurface(parts, req, res, chat);
  if (chat.isStream) {
    const translator = createChunkTranslator({ job: call.job, includesUsage: chat.includesUsage });
    const isTold = await sendStream(parts, res, { job: call.job, translator, render: (data) => [renderFrame({ data })] });
    if (!isTold) await abandon(parts, call);
    return;
  }
  const job = await awaitAnswer(parts, res, call);
  if (!job) return;
  const error = endError(job);
  if (error) throw error;
  res.json(presentChatCompletion(job));
}

export const chatCompletionPaths: ZodOpenApiPathsObject = {
  '/v1/chat/completions': {
    post: openAiOperation({
      tags: ['OpenAI'],
      summary: 'Ask a model in the foreground, as OpenAI has it; `stream` answers in chunks',
      requestParams: surfaceHeaders,
      requestBody: body(ChatCompletionRequest),
      responses: {
        200: {
          description: 'The answer, or server-sent chunks that end in `[DONE]`',
          headers: cacheHeader,
          content: { 'application/json': { schema: ChatCompletionObject }, 'text/event-stream': { schema: ChatCompletionChunk } },
        },
      },
    }),
  },
};

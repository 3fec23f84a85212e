import { noTokens, type TokenCounts } from '@sluice/contract';
import { textOutputOf, type ClaimedJob, type JobResult, type JobWork } from '@sluice/core';
import { estimateInputTokens, estimateTokens } from '@sluice/providers';
import type { AttemptResult } from './attempt-result.ts';

interface Answered {
  result: AttemptResult;
  job: ClaimedJob;
  /** The provider's name of the model that was asked. */
  model: string;
  answer: JobResult;
}

/** What an answer used, for when the provider did not say; no tokens when it did. */
export async function estimateIfNeeded({ result, job, model, answer }: Answered): Promise<TokenCounts> {
  if (result.tokens) return noTokens;
  const output = textOutputOf(answer);
  if (job.kind !== 'text' || !output) return estimateInputTokens(model, inputsOf(job));
  const { messages, params } = job.request;
  return estimateTokens({ model, messages, tools: params.tools, output });
}

/** What a model reads; for a rerank the query with each document. */
function inputsOf({ kind, request }: JobWork): (string | number[])[] {
  switch (kind) {
    case 'embedding':
      return request.inputs;
    case 'rerank':
      return request.documents.map((document) => `${request.query}\n${document}`);
    case 'moderation':
      return textsOf(request.input);
    case 'text':
      return [];
  }
}

function textsOf(input: string | (string | { type: string })[]): string[] {
  if (typeof input === 'string') return [input];
  return input.map((part) => (typeof part === 'string' ? part : 'text' in part && typeof part.text === 'string' ? part.text : ''));
}

import type { EmbeddingList, InputUsage, ModerationObject, RerankObject } from '@sluice/contract';
import { presentResult, type JobView } from '../jobs/index.ts';

/** A completed job of embeddings as OpenAI has them, in the form that they were asked in. */
export function presentEmbeddingList(job: JobView): EmbeddingList {
  const result = presentResult(job);
  const vectors = result.kind === 'embedding' ? (result.output?.embeddings ?? []) : [];
  return {
    object: 'list',
    model: job.model,
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    usage: usageOf(job),
  };
}

/** A completed job of ranks. */
export function presentRerank(job: JobView): RerankObject {
  const result = presentResult(job);
  const results = result.kind === 'rerank' ? (result.output?.results ?? []) : [];
  return { id: job.id.replace(/^job_/, 'rerank-'), object: 'rerank', model: job.model, results, usage: usageOf(job) };
}

/** A completed moderation. */
export function presentModeration(job: JobView): ModerationObject {
  const result = presentResult(job);
  const results = result.kind === 'moderation' ? (result.output?.results ?? []) : [];
  return { id: job.id.replace(/^job_/, 'modr-'), model: job.model, results };
}

function usageOf({ inputTokens }: JobView): InputUsage {
  return { prompt_tokens: inputTokens, total_tokens: inputTokens };
}

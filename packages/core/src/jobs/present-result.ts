import type { EmbeddingOutput, JobObject, ModerationOutput, RerankOutput } from '@sluice/contract';
import { textOutputOf, type StoredEmbeddings } from './job-request.ts';
import type { JobView } from './job-view.ts';

type KindAndOutput = JobObject extends infer Each ? (Each extends JobObject ? Pick<Each, 'kind' | 'output'> : never) : never;

/** What a job answered, in the shape of its kind. */
export function presentResult({ kind, output }: Pick<JobView, 'kind' | 'output'>): KindAndOutput {
  switch (kind) {
    case 'embedding':
      return { kind, output: output ? presentEmbeddings(output as StoredEmbeddings) : null };
    case 'rerank':
      return { kind, output: (output as RerankOutput | null | undefined) ?? null };
    case 'moderation':
      return { kind, output: (output as ModerationOutput | null | undefined) ?? null };
    default:
      return { kind, output: textOutputOf(output) };
  }
}

function presentEmbeddings({ vectors, dimensions, encoding_format: format }: StoredEmbeddings): EmbeddingOutput {
  return { embeddings: format === 'base64' ? vectors : vectors.map(readFloats), dimensions, encoding_format: format };
}

/** The numbers of a stored vector. */
export function readFloats(vector: string): number[] {
  const bytes = Buffer.from(vector, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

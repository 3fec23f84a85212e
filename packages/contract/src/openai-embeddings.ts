import { z } from 'zod';
import { EmbeddingParams, EmbeddingInput, ModerationInput, RerankParams, rerankFields } from './submit-job.ts';
import { ModerationResult, RerankResult } from './kind-outputs.ts';
import { Metadata } from './jobs.ts';
import { text } from './text.ts';

const model = text(256).min(1);
const metadata = Metadata.default({});
const tokens = z.int().nonnegative();
const InputUsage = z.object({ prompt_tokens: tokens, total_tokens: tokens });
export type InputUsage = z.infer<typeof InputUsage>;

/** What POST /v1/embeddings reads; other fields are ignored. A null stands for a field that was left out. */
export const CreateEmbeddingRequest = z
  .object({ model, input: EmbeddingInput, ...EmbeddingParams.shape, metadata })
  .meta({ id: 'CreateEmbedding' });

export const EmbeddingList = z
  .object({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(
      z.object({ object: z.literal('embedding'), index: z.int().nonnegative(), embedding: z.union([z.array(z.number()), z.string()]) }),
    ),
    usage: InputUsage,
  })
  .meta({ id: 'EmbeddingList' });
export type EmbeddingList = z.infer<typeof EmbeddingList>;

/** What POST /v1/rerank reads: the shape that Jina, Cohere and vLLM share. */
export const CreateRerankRequest = z.object({ model, ...rerankFields, ...RerankParams.shape, metadata }).meta({ id: 'CreateRerank' });

export const RerankObject = z
  .object({ id: z.string(), object: z.literal('rerank'), model: z.string(), results: z.array(RerankResult), usage: InputUsage })
  .meta({ id: 'Rerank' });
export type RerankObject = z.infer<typeof RerankObject>;

/** What POST /v1/moderations reads. */
export const CreateModerationRequest = z
  .object({ model: model.default('default:moderation'), input: ModerationInput, metadata })
  .meta({ id: 'CreateModeration' });

export const ModerationObject = z
  .object({ id: z.string(), model: z.string(), results: z.array(ModerationResult) })
  .meta({ id: 'Moderation' });
export type ModerationObject = z.infer<typeof ModerationObject>;

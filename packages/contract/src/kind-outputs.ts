import { z } from 'zod';

/** What a job asks of a model: `text` is a chat, the others are one call without a stream. */
export const JobKind = z.enum(['text', 'embedding', 'rerank', 'moderation']);
export type JobKind = z.infer<typeof JobKind>;

export const EncodingFormat = z.enum(['float', 'base64']);
export type EncodingFormat = z.infer<typeof EncodingFormat>;

/** One vector an input, in their order. `base64` are the bytes of little-endian 32-bit floats. */
export const EmbeddingOutput = z.object({
  embeddings: z.union([z.array(z.array(z.number())), z.array(z.string())]),
  dimensions: z.int().positive(),
  encoding_format: EncodingFormat,
});
export type EmbeddingOutput = z.infer<typeof EmbeddingOutput>;

/** `index` counts the documents from 0; the most relevant one comes first. `document` is there when it was asked for. */
export const RerankResult = z.object({
  index: z.int().nonnegative(),
  relevance_score: z.number(),
  document: z.object({ text: z.string() }).optional(),
});
export type RerankResult = z.infer<typeof RerankResult>;

export const RerankOutput = z.object({ results: z.array(RerankResult) });
export type RerankOutput = z.infer<typeof RerankOutput>;

/** What was found in one input, under the provider's own names of categories. */
export const ModerationResult = z.object({
  flagged: z.boolean(),
  categories: z.record(z.string(), z.boolean().nullable()),
  category_scores: z.record(z.string(), z.number().nullable()),
  category_applied_input_types: z.record(z.string(), z.array(z.string()).nullable()).optional(),
});
export type ModerationResult = z.infer<typeof ModerationResult>;

export const ModerationOutput = z.object({ results: z.array(ModerationResult) });
export type ModerationOutput = z.infer<typeof ModerationOutput>;

import { z } from 'zod';
import { jobSettings, shortText, SubmitTextRequest } from './jobs.ts';
import { EncodingFormat, JobKind } from './kind-outputs.ts';
import { OpaqueJson, text } from './text.ts';

/** OpenAI's limit; a vendor may take fewer. */
export const embeddingInputsMax = 2048;
export const rerankDocumentsMax = 1000;
export const moderationInputsMax = 256;

/** One input of a kind that is no chat: about 400,000 tokens, more than any such model reads. */
const inputText = text(1_000_000).min(1, { error: 'must not be empty' });
const tokenId = z.int().min(0).max(10_000_000);
const tokenIds = z.array(tokenId).min(1, { error: 'must not be empty' }).max(100_000);

/** A text, texts, the token ids of one, or those of several. */
export const EmbeddingInput = z.union([
  inputText,
  z
    .array(z.union([inputText, tokenId, tokenIds]))
    .min(1, { error: 'must not be empty' })
    .max(100_000)
    .refine((inputs) => inputs.every((input) => typeof input === typeof inputs[0]), {
      error: 'must be texts, or token ids, or lists of token ids: not a mixture',
    })
    .refine((inputs) => typeof inputs[0] === 'number' || inputs.length <= embeddingInputsMax, {
      error: `must have at most ${embeddingInputsMax} inputs`,
    }),
]);

export const EmbeddingParams = z
  .strictObject({
    dimensions: z.int().min(1).max(65_536).optional().meta({ description: 'For models that can shorten their vectors' }),
    encoding_format: EncodingFormat.default('float'),
    input_type: z.string().max(64).optional().meta({ description: 'For vendors that embed queries and documents differently' }),
  })
  .meta({ id: 'EmbeddingParams' });

const RerankDocument = z.union([inputText, z.strictObject({ text: inputText })]);

export const RerankParams = z
  .strictObject({
    top_n: z.int().min(1).max(rerankDocumentsMax).optional().meta({ description: 'Only so many of the most relevant; all unless set' }),
    return_documents: z.boolean().default(false).meta({ description: 'Repeats the text of each document in the results' }),
    max_chunks_per_doc: z.int().min(1).max(1000).optional(),
  })
  .meta({ id: 'RerankParams' });

const ModerationPart = z.looseObject({ type: z.enum(['text', 'image_url']) }).and(OpaqueJson);

export const ModerationInput = z.union([
  inputText,
  z.array(inputText).min(1).max(moderationInputsMax),
  z.array(ModerationPart).min(1).max(moderationInputsMax),
]);

export const rerankFields = {
  query: inputText,
  documents: z.array(RerankDocument).min(1).max(rerankDocumentsMax),
};

const modelName = shortText.min(1).meta({ description: 'A model with this capability, as GET /v1/models lists it' });

export const SubmitEmbeddingRequest = z
  .strictObject({
    kind: z.literal('embedding'),
    model: modelName,
    input: EmbeddingInput.meta({ description: 'One text or up to 2,048; or the ids of their tokens' }),
    params: EmbeddingParams.prefault({}),
    ...jobSettings,
  })
  .meta({ id: 'SubmitEmbeddingJob' });
export type SubmitEmbeddingRequest = z.infer<typeof SubmitEmbeddingRequest>;

export const SubmitRerankRequest = z
  .strictObject({ kind: z.literal('rerank'), model: modelName, ...rerankFields, params: RerankParams.prefault({}), ...jobSettings })
  .meta({ id: 'SubmitRerankJob' });
export type SubmitRerankRequest = z.infer<typeof SubmitRerankRequest>;

export const SubmitModerationRequest = z
  .strictObject({
    kind: z.literal('moderation'),
    model: shortText.min(1).default('default:moderation'),
    input: ModerationInput.meta({ description: 'One text, several, or the parts (texts and images) of one message' }),
    params: z.strictObject({}).prefault({}),
    ...jobSettings,
  })
  .meta({ id: 'SubmitModerationJob' });
export type SubmitModerationRequest = z.infer<typeof SubmitModerationRequest>;

/** What POST /v1/jobs takes: a job of one of the kinds; `text` when it does not say. */
export const SubmitJobRequest = z
  .discriminatedUnion('kind', [SubmitTextRequest, SubmitEmbeddingRequest, SubmitRerankRequest, SubmitModerationRequest], {
    error: ({ code }) => (code === 'invalid_union' ? `must be one of ${JobKind.options.join(', ')}` : undefined),
  })
  .meta({ id: 'SubmitJob' });
export type SubmitJobRequest = z.infer<typeof SubmitJobRequest>;

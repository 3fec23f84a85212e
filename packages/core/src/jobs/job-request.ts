import type {
  EncodingFormat,
  JobOutput,
  JobParams,
  ModerationOutput,
  OutputCheck,
  RerankOutput,
  SubmitEmbeddingRequest,
  SubmitModerationRequest,
  SubmitRerankRequest,
} from '@sluice/contract';

/** One entry of a model's ordered list: which provider, and under which name it knows the model. */
export interface Route {
  providerId: string;
  /** The provider's name, for readers. */
  provider: string;
  model: string;
}

/** A chat, as it is sent to the provider. */
export interface TextRequest {
  messages: unknown[];
  params: JobParams;
  /** Set when the caller said what becomes of an answer that does not fit its schema. */
  check?: OutputCheck;
}

export type EmbeddingRequest = Pick<SubmitEmbeddingRequest, 'params'> & {
  /** Texts, or the ids of their tokens. */
  inputs: string[] | number[][];
};

export type RerankRequest = Pick<SubmitRerankRequest, 'query' | 'params'> & { documents: string[] };

export type ModerationRequest = Pick<SubmitModerationRequest, 'input'>;

/** What is sent to the provider, frozen at submit: `kind` is a column of its own and says which of these `request` is. */
export type JobWork =
  | { kind: 'text'; request: TextRequest }
  | { kind: 'embedding'; request: EmbeddingRequest }
  | { kind: 'rerank'; request: RerankRequest }
  | { kind: 'moderation'; request: ModerationRequest };

export type JobRequest = JobWork['request'];

/** Vectors as a row keeps them: base64 of little-endian 32-bit floats, a quarter of what they are as JSON numbers. */
export interface StoredEmbeddings {
  vectors: string[];
  dimensions: number;
  /** How they are to be shown. */
  encoding_format: EncodingFormat;
}

/** What a row keeps of an answer: a chat's, or that of one of the other kinds. */
export type JobResult = JobOutput | StoredEmbeddings | RerankOutput | ModerationOutput;

/** The answer of a chat; null for what is none. */
export function textOutputOf(output: JobResult | null | undefined): JobOutput | null {
  return output && 'text' in output ? output : null;
}

import type { FailureKind, FinishReason } from './failure.ts';

/** How a vendor departs from OpenAI's protocol, as far as a call has to know. Declared by the catalogue, never asked by name. */
export interface ProviderQuirks {
  /** What the limit of the answer is called. */
  maxTokensParam: 'max_tokens' | 'max_completion_tokens';
  /** `omit` where a vendor refuses to be asked for usage in a stream, or nobody knows; what it sends unasked is read all the same. */
  usageRequest: 'send' | 'omit';
  /** Where the text of its thinking stands in a delta; the first that is there counts. */
  reasoningFields: string[];
  /** `added` where `completion_tokens` leaves out the reasoning tokens that are billed with them. */
  reasoningTokens: 'included' | 'added';
  /** Its own words in place of a finish reason, in lower case: ends, and faults that stand there. */
  finishWords: Record<string, FinishReason | FailureKind>;
  /** What a word that nobody knows means there: an end, or a fault with vendors that put faults there. */
  unknownFinish: 'stop' | 'fault';
  /** An HTTP status that means its content filter and nothing else; null where there is none. */
  contentFilterStatus: number | null;
  /** Codes of errors that mean its content filter. */
  contentFilterCodes: string[];
  /** In what form vectors are asked for: base64 where a vendor is known to take the question, for it is a fifth of the numbers; either is read. */
  embeddingEncoding: 'base64' | 'unsaid';
  /** The header that carries the key, in lower case, and what stands in front of the key there. */
  keyHeader: { name: string; prefix: string };
}

/** OpenAI's protocol as most speak it. */
export const usualQuirks: ProviderQuirks = {
  maxTokensParam: 'max_tokens',
  usageRequest: 'send',
  reasoningFields: ['reasoning_content', 'reasoning'],
  reasoningTokens: 'included',
  finishWords: {},
  unknownFinish: 'stop',
  contentFilterStatus: null,
  contentFilterCodes: [],
  embeddingEncoding: 'unsaid',
  keyHeader: { name: 'authorization', prefix: 'Bearer ' },
};

import type { WholeCall } from './whole-call.ts';

export interface WholeRequest {
  url: string;
  body: object;
}

/**
 * The request out: OpenAI's for embeddings and moderations, and for rerank the one that Jina, Cohere, SiliconFlow, vLLM and
 * Xinference share.
 */
export function wholeRequest({ baseUrl, model, task, quirks }: WholeCall): WholeRequest {
  switch (task.kind) {
    case 'embedding': {
      const { inputs, dimensions, inputType } = task;
      const encoding = quirks.embeddingEncoding === 'base64' ? 'base64' : undefined;
      // Some servers take a text only, and none takes anything else for it.
      const input = inputs.length === 1 && typeof inputs[0] === 'string' ? inputs[0] : inputs;
      return { url: `${baseUrl}/embeddings`, body: { model, input, dimensions, encoding_format: encoding, input_type: inputType } };
    }
    case 'rerank': {
      const { query, documents, topN, maxChunksPerDoc } = task;
      const body = { model, query, documents, top_n: topN, return_documents: false, max_chunks_per_doc: maxChunksPerDoc };
      return { url: `${baseUrl}/rerank`, body };
    }
    case 'moderation':
      return { url: `${baseUrl}/moderations`, body: { model, input: task.input } };
  }
}

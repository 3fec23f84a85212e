import type { JobResult, JobWork, RerankRequest } from '@sluice/core';
import { ProviderFailure, type ChatClient, type WholeCall, type WholeResult, type WholeTask } from '@sluice/providers';
import type { AttemptResult } from './attempt-result.ts';

type OtherWork = Exclude<JobWork, { kind: 'text' }>;

interface WholeProviderCall {
  chatClient: ChatClient;
  call: Omit<WholeCall, 'task'>;
  work: OtherWork;
  signal: AbortSignal;
}

/** Makes one provider call that is no chat and answers how it ended; a fault of the provider is an answer, not an exception. */
export async function callWhole({
  chatClient,
  call,
  work,
  signal,
}: WholeProviderCall): Promise<{ result: AttemptResult; output: JobResult | null }> {
  try {
    const { result, tokens, requestId } = await chatClient.ask({ ...call, task: taskOf(work) }, signal);
    return { result: { type: 'finished', reason: 'stop', tokens, requestId }, output: outputOf(work, result) };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    const { kind, message, retryAfterMs = null } = error;
    return { result: { type: 'failed', kind, message, retryAfterMs, tokens: null }, output: null };
  }
}

function taskOf({ kind, request }: OtherWork): WholeTask {
  switch (kind) {
    case 'embedding': {
      const { dimensions, input_type: inputType } = request.params;
      return { kind, inputs: request.inputs, dimensions, inputType };
    }
    case 'rerank': {
      const { query, documents, params } = request;
      return { kind, query, documents, topN: params.top_n, maxChunksPerDoc: params.max_chunks_per_doc };
    }
    case 'moderation':
      return { kind, input: request.input };
  }
}

function outputOf(work: OtherWork, result: WholeResult): JobResult {
  if (result.kind === 'embedding' && work.kind === 'embedding') {
    const { vectors, dimensions } = result;
    return { vectors, dimensions, encoding_format: work.request.params.encoding_format };
  }
  if (result.kind === 'rerank' && work.kind === 'rerank') return { results: withDocuments(result.results, work.request) };
  if (result.kind === 'moderation') return { results: result.results };
  throw new Error(`${result.kind} was answered to ${work.kind}`);
}

/** Repeated from the request, because not every vendor does. */
function withDocuments(results: Extract<WholeResult, { kind: 'rerank' }>['results'], { documents, params }: RerankRequest) {
  if (!params.return_documents) return results;
  return results.map((result) => ({ ...result, document: { text: documents[result.index] ?? '' } }));
}

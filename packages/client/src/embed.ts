import { JobFailedError } from './errors.ts';
import type { Jobs } from './jobs.ts';
import { isEnded } from './wait-for-job.ts';
import type { AnyJobRequest, EmbeddingJobRequest, Job, RerankJobRequest } from './wire.ts';

interface Run {
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}
type RerankResults = NonNullable<Extract<Job, { kind: 'rerank' }>['output']>['results'];

export type EmbedOptions = Omit<EmbeddingJobRequest, 'kind' | 'input'> & Run;
export type RerankOptions = Omit<RerankJobRequest, 'kind' | 'query' | 'documents'> & Run;

/** The short ways to what is no chat. Each is a job underneath. @throws JobFailedError when it ended without an answer */
export interface Readers {
  /** One vector a text, in their order. */
  embed(texts: string[], options: EmbedOptions): Promise<number[][]>;
  /** The documents' places in the list, the most relevant first. */
  rerank(query: string, documents: string[], options: RerankOptions): Promise<RerankResults>;
}

export function createReaders(jobs: Jobs): Readers {
  async function run(request: AnyJobRequest, { idempotencyKey, signal }: Run): Promise<Job> {
    const options = { ...(idempotencyKey !== undefined && { idempotencyKey }), ...(signal && { signal }) };
    const first = await jobs.create(request, { ...options, waitS: 25 });
    const job = isEnded(first) ? first : await jobs.wait(first.id, signal ? { signal } : {});
    if (job.output === null) throw new JobFailedError(job);
    return job;
  }

  return {
    async embed(input, { idempotencyKey, signal, ...request }) {
      // Base64 is a quarter of the numbers.
      const params = { ...request.params, encoding_format: 'base64' as const };
      const job = await run({ kind: 'embedding', input, ...request, params }, { idempotencyKey, signal });
      return job.kind === 'embedding' ? (job.output?.embeddings ?? []).map(numbersOf) : [];
    },
    async rerank(query, documents, { idempotencyKey, signal, ...request }) {
      const job = await run({ kind: 'rerank', query, documents, ...request }, { idempotencyKey, signal });
      return job.kind === 'rerank' ? (job.output?.results ?? []) : [];
    },
  };
}

function numbersOf(vector: string | number[]): number[] {
  if (typeof vector !== 'string') return vector;
  const bytes = Uint8Array.from(atob(vector), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

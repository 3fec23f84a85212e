import { CreateBatchRequest, type BatchObject } from '@sluice/contract';
import type { Database } from '../database/index.ts';
import { execute, one, sql } from '../database/index.ts';
import { completeFile, reserveFile } from '../files/index.ts';
import { createJobFixture } from '../jobs/job-life.fixture.ts';
import { claimJobs, finishJobs, settleJobs, type FinishedAttempt } from '../jobs/index.ts';
import { createOwnKeyDirectory } from '../own-keys/index.ts';
import { createModelDirectory } from '../providers/index.ts';
import { createTemplateDirectory } from '../templates/index.ts';
import { createWordRules } from '../word-lists/index.ts';
import { createBatch } from './create-batch.ts';
import { getBatch, type BatchOwner } from './batch.ts';
import { finishBatch, readFinishState } from './finish-batch.ts';
import { presentBatch } from './present-batch.ts';
import { pumpBatch, type PumpStep } from './pump-batch.ts';
import type { RefillParts } from './refill-batch.ts';
import { releaseBatch, takeBatch, type TakenBatch } from './take-batch.ts';
import { validateBatch, type PlacedLine } from './validate-batch.ts';

/** One user, one model, and what a worker does for their batches, a step at a time; the content store is a map. */
export interface BatchFixture {
  userId: string;
  parts: RefillParts;
  /** The lines of a batch of chat completions with these names. */
  lines(names: string[], body?: object): string[];
  /** Uploads lines and makes a batch of them. */
  create(lines: string[], request?: object): Promise<BatchOwner>;
  /** The same, validated. */
  begin(lines: string[], request?: object): Promise<BatchOwner>;
  show(owner: BatchOwner): Promise<BatchObject>;
  take(phase: 'validate' | 'pump' | 'finalise'): Promise<TakenBatch | null>;
  validate(batch: TakenBatch, isSingleModel?: boolean): Promise<string>;
  /** Takes the batch whose turn it is and looks at it once. */
  pump(): Promise<PumpStep>;
  /** Runs the jobs that wait, at the most so many; each answers its question. */
  run(limit?: number, end?: Partial<FinishedAttempt>): Promise<number>;
  /** Runs, settles and pumps until all rows have ended, then ends the batch with files of no content. */
  finish(): Promise<void>;
  rows(owner: BatchOwner): Promise<{ line: number; status: string; run: number; seq: number | null; jobId: string | null }[]>;
}

export async function createBatchFixture(db: Database, name: string, credits = '100000'): Promise<BatchFixture> {
  const { userId } = await createJobFixture(db, name, credits);
  const em = () => db.em();
  const contents = new Map<string, Buffer>();
  let inputFileId = '';
  const parts: RefillParts = {
    em,
    models: createModelDirectory({ em, ttlMs: 0 }),
    templates: createTemplateDirectory({ em }),
    settings: { RESULT_CACHE_TTL_S: 3600, RESULT_CACHE_PRICE_FACTOR: '0', BYOK_PRICE_FACTOR: '0' },
    ownKeys: createOwnKeyDirectory({ em }),
    wordRules: createWordRules({ em, onFound: () => undefined }),
    now: new Date(),
    readLines: async (rows) =>
      rows.map(({ position, length }) => (contents.get(inputFileId) as Buffer).subarray(position, position + length).toString()),
  };

  const lines = (names: string[], body: object = {}) =>
    names.map((customId) =>
      JSON.stringify({
        custom_id: customId,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: name, messages: [{ role: 'user', content: customId }], max_tokens: 1000, ...body },
      }),
    );

  async function create(texts: string[], request: object = {}): Promise<BatchOwner> {
    const content = Buffer.from(`${texts.join('\n')}\n`);
    inputFileId = await reserveFile(em(), userId, new Date());
    contents.set(inputFileId, content);
    await completeFile(em(), { id: inputFileId, purpose: 'batch', filename: 'in.jsonl', bytes: content.length, expiresInS: null });
    const parsed = CreateBatchRequest.parse({
      input_file_id: inputFileId,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      ...request,
    });
    const caller = { userId, role: 'user' as const, apiKeyId: null, scopes: [], requestsPerMinute: null };
    const batch = await createBatch(em(), { caller, request: parsed, idempotencyKey: null, now: new Date() });
    return { batchId: batch.id, userId };
  }

  async function take(phase: 'validate' | 'pump' | 'finalise'): Promise<TakenBatch | null> {
    // Nobody else's: a test that failed leaves its batch behind.
    await execute(
      em(),
      sql`update batches set look_at = case when user_id = ${userId} and (lease_until is null or lease_until < now()) then now() else now() + interval '1 hour' end where phase is not null`,
    );
    return takeBatch(em(), phase);
  }

  const validate = (batch: TakenBatch, isSingleModel = true) =>
    validateBatch(parts, batch, { lines: place(contents.get(batch.inputFileId) as Buffer), rules: { isSingleModel }, now: new Date() });

  async function begin(texts: string[], request: object = {}): Promise<BatchOwner> {
    const owner = await create(texts, request);
    const taken = (await take('validate')) as TakenBatch;
    const outcome = await validate(taken);
    if (outcome !== 'begun') throw new Error(`the batch was not accepted: ${JSON.stringify((await show(owner)).errors)}`);
    await releaseBatch(em(), taken, 0);
    return owner;
  }

  const show = async (owner: BatchOwner) => presentBatch(await getBatch(em(), owner));

  async function pump(): Promise<PumpStep> {
    const taken = await take('pump');
    if (!taken) return { messages: [], pace: 'idle', hasCancelled: false, cached: [] };
    inputFileId = taken.inputFileId;
    const step = await pumpBatch(parts, taken);
    await releaseBatch(em(), taken, 0);
    return step;
  }

  async function run(limit = 10_000, end: Partial<FinishedAttempt> = {}): Promise<number> {
    const waiting = await execute(
      em(),
      sql<{
        jobId: string;
        attempt: number;
      }>`select id as "jobId", attempt from jobs where user_id = ${userId} and status = 'queued' order by id limit ${limit}`,
    );
    await claimJobs(
      em(),
      waiting.map((ref) => ({ ...ref, workerId: 'wrk_test', providerKeyId: null })),
    );
    await finishJobs(
      em(),
      waiting.map((ref) => ({ ...ref, ...answered, ...end })),
    );
    return waiting.length;
  }

  async function finish(): Promise<void> {
    let batch = await take('finalise');
    for (let turns = 0; !batch && turns < 50; turns += 1) {
      await run();
      await settleJobs(em(), { limit: 10_000 });
      await pump();
      batch = await take('finalise');
    }
    if (!batch) throw new Error('the batch has rows that do not end');
    const { completed, failed } = await readFinishState(em(), batch.id);
    const write = async (rows: number) => (rows > 0 ? { id: await reserveFile(em(), userId, new Date()), bytes: 0 } : null);
    await finishBatch(em(), batch, { output: await write(completed), error: await write(failed), now: new Date() });
  }

  const rows: BatchFixture['rows'] = ({ batchId }) =>
    execute(em(), sql`select line, status, run, seq, job_id as "jobId" from batch_rows where batch_id = ${batchId} order by line`);

  return { userId, parts, lines, create, begin, show, take, validate, pump, run, finish, rows };
}

const answered: Omit<FinishedAttempt, 'jobId' | 'attempt'> = {
  outcome: 'completed',
  failure: null,
  message: null,
  tokens: { input_tokens: 10, cached_input_tokens: 2, output_tokens: 20, reasoning_tokens: 5 },
  usageSource: 'provider',
  requestId: 'r',
  firstTokenAt: null,
  next: { to: 'completed', output: { text: 'Because.', reasoning: null, tool_calls: [], finish_reason: 'stop' }, error: null },
};

/** How a failed row ends. */
export const rejected: Partial<FinishedAttempt> = {
  outcome: 'failed',
  failure: 'bad_request',
  usageSource: 'none',
  tokens: { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, reasoning_tokens: 0 },
  next: { to: 'failed', output: null, error: { code: 'provider_rejected', message: 'No.' } },
};

async function* place(content: Buffer): AsyncGenerator<PlacedLine> {
  let position = 0;
  for (const [index, text] of content.toString().split('\n').slice(0, -1).entries()) {
    const bytes = Buffer.from(text);
    yield { number: index + 1, position, length: bytes.length, bytes };
    position += bytes.length + 1;
  }
}

/** Jobs there are of a user, by whatever way they were made. */
export async function countJobs(db: Database, userId: string): Promise<number> {
  return (await one(db.em(), sql<{ jobs: number }>`select count(*)::int as jobs from jobs where user_id = ${userId}`)).jobs;
}

/** Custom ids of so many rows. */
export const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `row-${i + 1}`);

export async function settleAll(db: Database): Promise<void> {
  while ((await settleJobs(db.em(), { limit: 500 })).length > 0);
}

import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { OpenAI } from 'openai';
import type { BatchStage } from './batch-stage.ts';

const tokens = 20;

/** One row's question: 20 tokens, over so many seconds. */
export function rowBody(seconds: number, i: number): object {
  const directive = JSON.stringify({ tokens, first_token_ms: 0, tokens_per_s: tokens / seconds });
  const content = `[[sim ${directive}]] Describe the product in a sentence. ${'word '.repeat(60)}${i}`;
  return { model: 'bench', messages: [{ role: 'user', content }], max_tokens: 100 };
}

function* linesOf({ rows, seconds }: BatchSize): Generator<string> {
  for (let i = 0; i < rows; i += 1)
    yield `${JSON.stringify({ custom_id: `row-${i}`, method: 'POST', url: '/v1/chat/completions', body: rowBody(seconds, i) })}\n`;
}

export interface BatchSize {
  rows: number;
  /** That an answer takes. */
  seconds: number;
}

/** Uploads rows and makes a batch of them; answers its id. */
export async function createBatch({ sdk, folder }: BatchStage, size: BatchSize, more: object = {}): Promise<string> {
  const path = join(folder, `${size.rows}.jsonl`);
  await pipeline(Readable.from(linesOf(size)), createWriteStream(path));
  const file = await sdk.files.create({ file: createReadStream(path), purpose: 'batch' });
  return (await sdk.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', ...more })).id;
}

/** Waits until so many rows are completed; answers how many are. */
export async function completedRows(sdk: OpenAI, id: string, least: number): Promise<number> {
  for (;;) {
    const { request_counts: counts } = await sdk.batches.retrieve(id);
    if (counts && counts.completed >= least) return counts.completed;
    await wait(100);
  }
}

/** Waits for a state. */
export async function batchIs(sdk: OpenAI, id: string, status: OpenAI.Batch['status']): Promise<OpenAI.Batch> {
  for (;;) {
    const batch = await sdk.batches.retrieve(id);
    if (batch.status === status) return batch;
    if (['failed', 'completed', 'expired', 'cancelled'].includes(batch.status)) throw new Error(`the batch is ${batch.status}`);
    await wait(50);
  }
}

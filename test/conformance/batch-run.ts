import { toFile, type OpenAI } from 'openai';
import { expect } from 'vitest';

/** One line of an input file. */
export interface BatchLine {
  custom_id: string;
  method: 'POST';
  url: string;
  body: object;
}

/** One line of an output or an error file. */
export interface ResultLine {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: Record<string, unknown> } | null;
  error: { code: string; message: string } | null;
}

export type BatchEndpoint = OpenAI.BatchCreateParams['endpoint'];

export function chatLine(customId: string, content: string, body: object = {}): BatchLine {
  const messages = [{ role: 'user', content }];
  return { custom_id: customId, method: 'POST', url: '/v1/chat/completions', body: { model: 'mock', messages, max_tokens: 200, ...body } };
}

/** Uploads lines and makes a batch of them, as the SDK's users do. */
export async function startBatch(
  sdk: OpenAI,
  lines: BatchLine[],
  endpoint: string = '/v1/chat/completions',
  more: object = {},
): Promise<OpenAI.Batch> {
  const content = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
  const file = await sdk.files.create({ file: await toFile(Buffer.from(content), 'input.jsonl'), purpose: 'batch' });
  return sdk.batches.create({ input_file_id: file.id, endpoint: endpoint as BatchEndpoint, completion_window: '24h', ...more });
}

/** Waits until a batch is over. */
export async function batchEnd(sdk: OpenAI, id: string, timeout = 60_000): Promise<OpenAI.Batch> {
  const read = () => sdk.batches.retrieve(id);
  await expect.poll(async () => (await read()).status, { timeout, interval: 100 }).toMatch(/^(completed|failed|expired|cancelled)$/);
  return read();
}

/** All result lines of a batch, of both files. */
export async function resultsOf(sdk: OpenAI, batch: OpenAI.Batch): Promise<{ output: ResultLine[]; error: ResultLine[] }> {
  return { output: await linesOf(sdk, batch.output_file_id), error: await linesOf(sdk, batch.error_file_id) };
}

async function linesOf(sdk: OpenAI, fileId: string | null | undefined): Promise<ResultLine[]> {
  if (!fileId) return [];
  const text = await (await sdk.files.content(fileId)).text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultLine);
}

/** Each name of the input stands in one of the files, once. */
export function expectEachOnce(lines: BatchLine[], { output, error }: { output: ResultLine[]; error: ResultLine[] }): void {
  const found = [...output, ...error].map(({ custom_id: id }) => id).sort();
  expect(found).toEqual(lines.map(({ custom_id: id }) => id).sort());
}

import { noTokens, presentUsage, type JobEvent } from '@sluice/contract';
import { expect, test } from 'vitest';
import { createChunkTranslator } from './chat-chunks.ts';

const jobId = 'job_01m7wkt55y2s9cqxsvjw1demts';
const start: JobEvent = { type: 'attempt-start', attempt: 1, provider: 'p', model: 'm' };
const end: JobEvent = {
  type: 'job-end',
  attempt: 1,
  status: 'completed',
  finish_reason: 'stop',
  usage: presentUsage({ ...noTokens, input_tokens: 3, output_tokens: 4 }, 'provider'),
  error: null,
};

interface Chunk {
  id: string;
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[];
  usage?: Record<string, unknown>;
  error?: { code: string };
}

const linesOf = (events: JobEvent[]) => events.flatMap(createChunkTranslator(jobId));
const chunksOf = (events: JobEvent[]) =>
  linesOf(events)
    .filter((line) => line !== '[DONE]')
    .map((line) => JSON.parse(line) as Chunk);

test('role first, then text, then the finish, the usage and [DONE]', () => {
  const events: JobEvent[] = [start, { type: 'text-delta', attempt: 1, delta: 'Hi' }, end];
  const chunks = chunksOf(events);
  expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
    { role: 'assistant', content: '', refusal: null },
    { content: 'Hi' },
    {},
    undefined,
  ]);
  expect(chunks[2]?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks[3]?.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
  expect(linesOf(events).at(-1)).toBe('[DONE]');
  expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['chatcmpl-01m7wkt55y2s9cqxsvjw1demts']));
});

test('an attempt that said nothing may be started over unseen', () => {
  const chunks = chunksOf([start, { ...start, attempt: 2 }, { type: 'text-delta', attempt: 2, delta: 'Hi' }, end]);
  expect(chunks.filter(({ choices }) => choices?.[0]?.delta['role'])).toHaveLength(1);
});

test('text cannot be taken back: starting over ends the stream with an error, and nothing follows', () => {
  const chunks = chunksOf([
    start,
    { type: 'text-delta', attempt: 1, delta: 'Hi' },
    { ...start, attempt: 2 },
    { type: 'text-delta', attempt: 2, delta: 'Ho' },
    end,
  ]);
  expect(chunks.at(-1)?.error?.code).toBe('restarted');
  expect(chunks).toHaveLength(3);
});

test('a failed job ends with its error and without [DONE]', () => {
  const lines = linesOf([
    start,
    { ...end, status: 'failed', finish_reason: null, error: { code: 'provider_unavailable', message: 'Away.' } },
  ]);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ error: { code: 'provider_unavailable', message: 'Away.' } });
});

import { createOutputFold, noTokens, type JobEvent } from '@sluice/contract';
import { expect, test } from 'vitest';
import { createChunkTranslator } from './chat-chunks.ts';
import { endedJob } from './ended-job.fixture.ts';

const start: JobEvent = { type: 'attempt-start', attempt: 1, provider: 'p', model: 'm' };
const again: JobEvent = { ...start, attempt: 2 };
const text = (delta: string, attempt = 1): JobEvent => ({ type: 'text-delta', attempt, delta });

interface Chunk {
  id: string;
  model: string;
  choices: { delta: Record<string, unknown> & { content?: string }; finish_reason: string | null }[];
  usage?: Record<string, unknown> | null;
  error?: { code: string; message: string };
}

interface Told {
  includesUsage?: boolean;
  failure?: string;
}

/** What a reader of these events and of the job that they make is sent. */
function linesOf(events: JobEvent[], { includesUsage = true, failure }: Told = {}): string[] {
  const fold = createOutputFold();
  for (const event of events) fold.add(event);
  const job = failure
    ? endedJob({ status: 'failed', errorCode: 'provider_unavailable', errorMessage: failure })
    : endedJob({
        status: 'completed',
        output: fold.render('stop'),
        finishReason: 'stop',
        tokens: { ...noTokens, input_tokens: 3, output_tokens: 4 },
      });
  const translator = createChunkTranslator({ job, includesUsage });
  return [...translator.begin(), ...events.flatMap((event) => translator.next(event)), ...translator.end(job)];
}

const parse = (lines: string[]) => lines.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as Chunk);

test('role first, then text, then the finish, the usage and [DONE]', () => {
  const lines = linesOf([start, text('Hi')]);
  const chunks = parse(lines);
  expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
    { role: 'assistant', content: '', refusal: null },
    { content: 'Hi' },
    {},
    undefined,
  ]);
  expect(chunks[2]?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks.map(({ usage }) => usage)).toEqual([
    null,
    null,
    null,
    expect.objectContaining({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }),
  ]);
  expect(lines.at(-1)).toBe('[DONE]');
  expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`))).toEqual(new Set(['chatcmpl-01m7wkt55y2s9cqxsvjw1demts mock']));
});

test('without include_usage no chunk speaks of usage', () => {
  const chunks = parse(linesOf([start, text('Hi')], { includesUsage: false }));
  expect(chunks).toHaveLength(3);
  expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
});

test('a call is named once, and its arguments are cut as they come', () => {
  const call = (more: object): JobEvent => ({ type: 'tool-delta', attempt: 1, index: 3, arguments: '', ...more });
  const chunks = parse(linesOf([start, call({ id: 'call_1', name: 'look' }), call({ arguments: '{"a"' }), call({ arguments: ':1}' })]));
  expect(chunks.slice(1, 4).map(({ choices }) => choices[0]?.delta['tool_calls'])).toEqual([
    [{ index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }],
    [{ index: 0, function: { arguments: '{"a"' } }],
    [{ index: 0, function: { arguments: ':1}' } }],
  ]);
});

test('an attempt that said nothing may be started over unseen', () => {
  const chunks = parse(linesOf([start, again, text('Hi', 2)]));
  expect(chunks.filter(({ choices }) => choices?.[0]?.delta['role'])).toHaveLength(1);
});

test('an attempt that says the same again tells nothing twice', () => {
  const chunks = parse(linesOf([start, text('Hel'), again, text('Hello', 2), text(' there', 2)]));
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello there');
});

test('text cannot be taken back: saying something else ends the stream with an error, and nothing follows', () => {
  const lines = linesOf([start, text('Hi'), again, text('Ho', 2)]);
  expect(parse(lines).at(-1)?.error).toMatchObject({ code: 'server_error', message: expect.stringContaining('started over') as string });
  expect(lines).toHaveLength(3);
});

test("a failed job ends with its error in OpenAI's words and without [DONE]", () => {
  const lines = linesOf([start], { failure: 'Away.' });
  expect(parse(lines).at(-1)?.error).toEqual({ message: 'Away.', type: 'server_error', param: null, code: 'server_error' });
});

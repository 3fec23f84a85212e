import { usualQuirks, type ProviderQuirks } from '@sluice/contract';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createChatClient } from './chat-client.ts';
import { ask, textOf } from './testing/ask.ts';
import { httpAnswer, startRawProvider, type RawProvider } from './testing/raw-provider.ts';

/*
 * Answers in the shapes that vendors' documentation and bug reports record, as bytes, read with the quirks that the catalogue
 * declares for them. What the quirks are is told by render-quirks.test.ts in core.
 */
const client = createChatClient();
let raw: RawProvider | null = null;

afterEach(async () => {
  await raw?.close();
  raw = null;
});
afterAll(() => client.close());

interface Recorded {
  body: string;
  status?: string;
  quirks?: Partial<ProviderQuirks>;
}

async function askRecorded({ body, status = '200 OK', quirks = {} }: Recorded) {
  raw = await startRawProvider((socket) => void socket.write(httpAnswer(body, { status })));
  return ask(client, {
    baseUrl: raw.baseUrl,
    apiKey: 'key-1',
    maxTokens: 7,
    params: { max_tokens: 7 },
    quirks: { ...usualQuirks, ...quirks },
  });
}

function sentRequest(): { head: string; body: Record<string, unknown> } {
  const [head = '', body = ''] = raw?.requests()[0]?.split('\r\n\r\n') ?? [];
  return { head: head.toLowerCase(), body: JSON.parse(body) };
}

const done = 'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

describe('the request', () => {
  test('the limit goes under the name the vendor knows, and under no other', async () => {
    await askRecorded({ body: done, quirks: { maxTokensParam: 'max_completion_tokens' } });
    expect(sentRequest().body).toMatchObject({ max_completion_tokens: 7 });
    expect(sentRequest().body).not.toHaveProperty('max_tokens');
  });

  test('usage is not asked for where the vendor refuses the question (Mistral: 422 extra_forbidden), and read all the same', async () => {
    const body = `${done.replace('data: [DONE]\n\n', '')}data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}\n\ndata: [DONE]\n\n`;
    const { events } = await askRecorded({ body, quirks: { usageRequest: 'omit' } });
    expect(sentRequest().body).not.toHaveProperty('stream_options');
    expect(events).toContainEqual(expect.objectContaining({ type: 'usage' }));
  });

  test('the key goes into the header the vendor reads (Azure: api-key), and into no other', async () => {
    await askRecorded({ body: done, quirks: { keyHeader: { name: 'api-key', prefix: '' } } });
    expect(sentRequest().head).toContain('\r\napi-key: key-1');
    expect(sentRequest().head).not.toContain('authorization');
  });
});

describe('the answer', () => {
  test.each([
    [
      'DeepSeek, Qwen, GLM',
      'data: {"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm."}}]}\n\n',
      ['reasoning_content', 'reasoning'],
    ],
    [
      'Groq, StepFun',
      'data: {"choices":[{"index":0,"delta":{"reasoning":"Hm.","channel":"analysis"}}]}\n\n',
      ['reasoning', 'reasoning_content'],
    ],
    [
      'OpenRouter',
      'data: {"choices":[{"index":0,"delta":{"content":"","reasoning":"Hm.","reasoning_details":[{"text":"Hm."}]}}]}\n\n',
      ['reasoning'],
    ],
    [
      'a server that sends both',
      'data: {"choices":[{"index":0,"delta":{"reasoning":"Hm.","reasoning_content":"other"}}]}\n\n',
      ['reasoning', 'reasoning_content'],
    ],
  ])('thinking of %s is told once', async (_, first, reasoningFields) => {
    const { events, failure } = await askRecorded({ body: first + done, quirks: { reasoningFields } });
    expect(failure).toBeNull();
    expect(textOf(events, 'reasoning-delta')).toBe('Hm.');
    expect(textOf(events)).toBe('Hi');
  });

  test('reasoning tokens that are counted apart are output (xAI)', async () => {
    const usage = '{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"completion_tokens_details":{"reasoning_tokens":94}}';
    const body = done.replace('data: [DONE]', `data: {"choices":[],"usage":${usage}}\n\ndata: [DONE]`);
    const { events } = await askRecorded({ body, quirks: { reasoningTokens: 'added' } });
    const tokens = { input_tokens: 32, cached_input_tokens: 0, output_tokens: 103, reasoning_tokens: 94 };
    expect(events).toContainEqual({ type: 'usage', tokens });
  });

  const ended = (word: string) => done.replace('"stop"', JSON.stringify(word));
  const glm: Partial<ProviderQuirks> = {
    finishWords: { sensitive: 'content_filter', network_error: 'overloaded', model_context_window_exceeded: 'length' },
    unknownFinish: 'fault',
  };

  test.each([
    ['sensitive', 'content_filter'],
    ['model_context_window_exceeded', 'length'],
    ['stop', 'stop'],
    ['tool_calls', 'tool_calls'],
  ])('the vendor’s word %s ends the answer as %s', async (word, reason) => {
    const { events, failure } = await askRecorded({ body: ended(word), quirks: glm });
    expect(failure).toBeNull();
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason });
  });

  test.each([
    ['network_error', 'overloaded'],
    ['abort', 'server_error'],
    ['a_word_nobody_knows', 'server_error'],
  ])('the vendor’s word %s is a fault and never a whole answer', async (word, kind) => {
    const { failure } = await askRecorded({ body: ended(word), quirks: glm });
    expect(failure?.kind).toBe(kind);
  });

  test('a word nobody knows ends the answer with vendors that put no faults there', async () => {
    const { events } = await askRecorded({ body: ended('end_turn') });
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });
});

describe('the refusal', () => {
  const flagged = '{"error":{"code":403,"message":"Input was flagged","metadata":{"reasons":["violence"],"flagged_input":"..."}}}';

  test('a status that is only the filter’s is no refused key (OpenRouter: 403)', async () => {
    const { failure } = await askRecorded({ body: flagged, status: '403 Forbidden', quirks: { contentFilterStatus: 403 } });
    expect(failure?.kind).toBe('content_filtered');
    await raw?.close();
    expect((await askRecorded({ body: flagged, status: '403 Forbidden' })).failure?.kind).toBe('auth');
  });

  test.each([
    ['GLM', '{"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容"}}', '400 Bad Request', '1301'],
    [
      'Qwen',
      '{"error":{"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}}',
      '400 Bad Request',
      'DataInspectionFailed',
    ],
    ['Spark, inside a 200', '{"code":10013,"message":"input content audit failed","sid":"cht1"}', '200 OK', '10013'],
    [
      'Kimi',
      '{"error":{"message":"The request was rejected because it was considered high risk","type":"content_filter"}}',
      '400 Bad Request',
      'content_filter',
    ],
  ])('a filter’s code of %s is the filter', async (_, body, status, code) => {
    const { failure } = await askRecorded({ body, status, quirks: { contentFilterCodes: [code] } });
    expect(failure?.kind).toBe('content_filtered');
  });
});

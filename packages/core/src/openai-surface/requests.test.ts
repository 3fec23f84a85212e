import { describe, expect, test } from 'vitest';
import { planChatRequest } from './chat-request.ts';
import { OpenAiError } from './openai-error.ts';
import { planResponseRequest, readResponseRequest } from './response-request.ts';
import { storeText } from './stored-items.ts';

const messages = [{ role: 'user', content: 'Hello.' }];
const chat = (more: object) => planChatRequest({ model: 'm', messages, ...more });
const response = (more: object) =>
  planResponseRequest(readResponseRequest({ model: 'm', input: 'Hello.', ...more }), [storeText('Hello.')]);

function faultOf(read: () => unknown): [string | null, string | null] {
  try {
    read();
  } catch (error) {
    if (error instanceof OpenAiError) return [error.param, error.openAiCode];
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a chat completion', () => {
  test('is a job with the same messages and parameters, in the foreground', () => {
    const planned = chat({ temperature: 0, stop: ['.'], seed: 7, max_tokens: 10, metadata: { a: 'b' }, tools: [], verbosity: 'low' });
    expect(planned.request).toEqual({
      model: 'm',
      messages,
      params: { temperature: 0, stop: ['.'], seed: 7, max_tokens: 10, tools: [], verbosity: 'low' },
      metadata: { a: 'b' },
      priority: 'interactive',
      on_stream_failure: 'restart',
      max_attempts: 3,
      deadline_s: 600,
    });
    expect(planned).toMatchObject({ isStream: false, includesUsage: false, surface: { name: 'chat', isBackground: false } });
  });

  test('that is streamed must not start over', () => {
    const planned = chat({ stream: true, stream_options: { include_usage: true } });
    expect(planned).toMatchObject({ isStream: true, includesUsage: true, request: { on_stream_failure: 'fail' } });
  });

  test('may say max_completion_tokens, and null for nothing', () => {
    expect(chat({ max_completion_tokens: 5, max_tokens: 9, stop: null, n: null, temperature: null }).request.params).toEqual({
      max_tokens: 5,
    });
  });

  test('may have fields that nobody knows yet, and hints', () => {
    expect(
      chat({
        next_month: { x: 1 },
        service_tier: 'auto',
        prediction: { type: 'content' },
        user: 'u',
        store: true,
        n: 1,
        modalities: ['text'],
      }).request.params,
    ).toEqual({});
  });

  test.each(['audio', 'functions', 'function_call', 'logprobs', 'n', 'top_logprobs', 'web_search_options', 'modalities'])(
    'with %s is refused by its name',
    (name) => {
      const value = { functions: [{}], modalities: ['text', 'audio'], n: 2, top_logprobs: 3, logprobs: true }[name] ?? {};
      expect(faultOf(() => chat({ [name]: value }))).toEqual([name, 'unsupported_parameter']);
    },
  );
});

describe('a response', () => {
  test('is a job with its items as messages and its parameters under their older names', () => {
    const planned = response({
      instructions: 'Be brief.',
      max_output_tokens: 100,
      temperature: 0.5,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }, verbosity: 'high' },
      tools: [{ type: 'function', name: 'f', description: null, parameters: { type: 'object' }, strict: true }],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
    });
    expect(planned.request).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello.' },
      ],
      params: {
        max_tokens: 100,
        temperature: 0.5,
        reasoning_effort: 'low',
        verbosity: 'high',
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
      },
    });
  });

  test('without parameters sends none', () => {
    expect(response({ tool_choice: 'auto', parallel_tool_calls: true, text: { format: { type: 'text' } } }).request.params).toEqual({});
  });

  test('that allows some of its tools offers no others', () => {
    const tools = ['f', 'g'].map((name) => ({ type: 'function', name, parameters: null, strict: null }));
    const { params } = response({
      tools,
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'g' }] },
    }).request;
    expect(params).toEqual({ tools: [{ type: 'function', function: { name: 'g' } }], tool_choice: 'required' });
  });

  test.each([
    [{}, 'interactive', 'restart', 600],
    [{ stream: true }, 'interactive', 'fail', 600],
    [{ background: true }, 'background', 'restart', 3600],
    [{ background: true, stream: true }, 'background', 'fail', 3600],
  ])('%j runs as %s, and on a broken stream: %s', (style, priority, onStreamFailure, deadlineS) => {
    expect(response(style).request).toMatchObject({ priority, on_stream_failure: onStreamFailure, deadline_s: deadlineS });
  });

  test('repeats its request, with the defaults that clients expect', () => {
    expect(response({}).echo).toEqual({
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: 'default',
      store: true,
      temperature: 1,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      truncation: 'disabled',
      user: null,
    });
  });

  test.each<[object, string, string]>([
    [{ prompt: { id: 'p' } }, 'prompt', 'unsupported_parameter'],
    [{ conversation: 'c' }, 'conversation', 'unsupported_parameter'],
    [{ top_logprobs: 2 }, 'top_logprobs', 'unsupported_parameter'],
    [{ tools: [{ type: 'function', name: 'f' }, { type: 'mcp' }] }, 'tools.1.type', 'unsupported_parameter'],
    [{ tool_choice: { type: 'web_search' } }, 'tool_choice', 'unsupported_parameter'],
    [{ input: [{ type: 'web_search_call', id: 'ws_1' }] }, 'input.0.type', 'invalid_value'],
    [{ input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'input.0.call_id', 'missing_required_parameter'],
    [{ text: { format: { type: 'json_schema', schema: {} } } }, 'text.format.name', 'missing_required_parameter'],
    [{ metadata: { a: 'x'.repeat(513) } }, 'metadata.a', 'invalid_value'],
    [{ stream: 'yes' }, 'stream', 'invalid_type'],
    [{ instructions: 'a\u0000b' }, 'instructions', 'invalid_value'],
  ])('with %j is refused by its place', (more, param, code) => {
    expect(faultOf(() => response(more))).toEqual([param, code]);
  });

  test('that is no object is refused', () => {
    for (const json of [null, [], 'x', 1]) expect(faultOf(() => readResponseRequest(json))).toEqual([null, 'invalid_type']);
  });
});

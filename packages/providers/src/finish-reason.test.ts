import { expect, test } from 'vitest';
import { readFinishReason } from './finish-reason.ts';

test.each([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['MAX_TOKENS', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['content_filter', 'content_filter'],
  ['sensitive', 'content_filter'],
  ['something_new', 'stop'],
  ['constructor', 'stop'],
])('%s ends an answer as %s', (word, reason) => {
  expect(readFinishReason(word)).toEqual({ reason });
});

test.each([
  ['error', 'server_error'],
  ['abort', 'server_error'],
  ['network_error', 'server_error'],
  ['insufficient_system_resource', 'overloaded'],
])('%s means that the vendor broke off: %s', (word, broke) => {
  expect(readFinishReason(word)).toEqual({ broke });
});

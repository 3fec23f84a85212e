import { expect, test } from 'vitest';
import { takeDirective } from './sim-directive.ts';

test('a text without a directive is its prompt', () => {
  expect(takeDirective('Hello')).toEqual({ directive: {}, prompt: 'Hello' });
});

test('a directive is taken out of its prompt, wherever it stands', () => {
  expect(takeDirective('Say [[sim {"tokens":5}]] hello')).toEqual({ directive: { tokens: 5 }, prompt: 'Say  hello' });
});

test('a directive may hold brackets, and so may the text behind it', () => {
  const directive = { tool_calls: [{ name: 'f', arguments: '[[1]]' }] };
  expect(takeDirective(`[[sim ${JSON.stringify(directive)}]] a[b[0]] [[c]]`)).toEqual({ directive, prompt: 'a[b[0]] [[c]]' });
});

test.each([
  ['an unknown word', '[[sim {"tokns":5}]]', 'tokns'],
  ['a wrong type', '[[sim {"tokens":"five"}]]', 'tokens'],
  ['a value out of range', '[[sim {"status":42}]]', 'status'],
  ['no JSON', '[[sim tokens=5]]', 'JSON'],
  ['no end', '[[sim {"tokens":5}', 'JSON'],
])('%s is told by its name', (_what, text, word) => {
  expect(() => takeDirective(text)).toThrow(word);
});

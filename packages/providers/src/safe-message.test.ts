import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeMessage } from './safe-message.ts';

test('a key never stands in a message, nor does what looks like one', () => {
  const message = 'Incorrect API key provided: my-secret. Also sk-proj-12345678***9abc';
  expect(safeMessage(message, 'my-secret')).toBe('Incorrect API key provided: ***. Also ***');
});

test('wherever the key stands, and however long the message is, no message holds it', () => {
  const key = fc.stringMatching(/^[a-z0-9-]{8,40}$/);
  fc.assert(
    fc.property(fc.string({ maxLength: 600 }), key, fc.string(), (before, apiKey, after) => {
      expect(safeMessage(`${before}${apiKey}${after}`, apiKey)).not.toContain(apiKey);
    }),
  );
});

test('a message has at most 500 characters and no half of a surrogate pair', () => {
  const message = safeMessage('\u{1f600}'.repeat(600), 'k');
  expect(message.length).toBeLessThanOrEqual(500);
  expect(message.isWellFormed()).toBe(true);
});

test('terminal escapes, line ends and direction marks become spaces', () => {
  expect(safeMessage('a\u001b[31mb\u0000c\r\nd\u202ee', '')).toBe('a [31mb\ufffdc d e');
});

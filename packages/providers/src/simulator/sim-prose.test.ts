import { expect, test } from 'vitest';
import { cutTokens, writeProse } from './sim-prose.ts';

test('the same prompt gets the same text, another prompt another one', () => {
  expect(writeProse('Why?', 50)).toEqual(writeProse('Why?', 50));
  expect(writeProse('Why?', 50)).not.toEqual(writeProse('How?', 50));
});

test('a text has as many tokens as it was asked for, and a longer one begins like a shorter one', () => {
  expect(writeProse('Why?', 500)).toHaveLength(500);
  expect(writeProse('Why?', 500).slice(0, 20)).toEqual(writeProse('Why?', 20));
});

test('a text is in the language of its prompt', () => {
  expect(writeProse('Why is the sky blue?', 60).join('')).toMatch(/^[\u0020-\u007e]+$/);
  expect(writeProse('\u5929\u4e3a\u4ec0\u4e48\u662f\u84dd\u7684\uff1f', 60).join('')).toMatch(/[\u4e00-\u9fff]{5}/);
});

test('cutting loses nothing', () => {
  const text = ' One, two\n\nthree\u5b57\u5b57\u5b57\uff0cfour \u{1f600}!';
  expect(cutTokens(text).join('')).toBe(text);
});

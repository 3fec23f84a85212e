import { afterAll, expect, test } from 'vitest';
import { createOutputChecker } from './output-checker.ts';

const checker = createOutputChecker({ timeoutMs: 1000 });
afterAll(() => checker.close());

const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };

test('answers are checked beside the event loop, many at once', async () => {
  const texts = ['{"a":1}', '{"a":"1"}', 'no', '{}'];
  const found = await Promise.all(texts.map((text) => checker.check(schema, text)));
  expect(found).toEqual([
    [],
    [{ path: 'a', message: 'must be number' }],
    [{ path: '', message: 'is not JSON' }],
    [{ path: '', message: "must have required property 'a'" }],
  ]);
});

test('a pattern that takes for ever is given up, and the next answer is checked', async () => {
  const slow = { type: 'string', pattern: '^(a+)+$' };
  const [never, next] = await Promise.all([checker.check(slow, `"${'a'.repeat(40)}!"`), checker.check(schema, '{"a":1}')]);
  expect(never).toBeNull();
  expect(next).toEqual([]);
});

test('references that multiply are given up too', async () => {
  const levels = Array.from({ length: 30 }, (_, i) => [`l${i}`, { allOf: [{ $ref: `#/$defs/l${i + 1}` }, { $ref: `#/$defs/l${i + 1}` }] }]);
  const bomb = { $ref: '#/$defs/l0', $defs: { ...Object.fromEntries(levels), l30: { type: 'object' } } };
  expect(await checker.check(bomb, '{}')).toBeNull();
});

test('a text of more than a million characters is not checked', async () => {
  expect(await checker.check(schema, `"${'x'.repeat(1_000_000)}"`)).toBeNull();
});

import { expect, test } from 'vitest';
import { createJsonCheck, findSchemaFault } from './json-schema.ts';

const person = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 }, mood: { enum: ['good', 'bad'] } },
  required: ['name', 'age'],
  additionalProperties: false,
};

test('a text that fits has no faults, another is told each of them by its path', () => {
  const check = createJsonCheck(person);
  expect(check('{"name":"Ann","age":3,"mood":"good"}')).toEqual([]);
  expect(check('{"name":5,"age":-1,"mood":"so","more":1}')).toEqual([
    { path: '', message: 'must NOT have additional properties: more' },
    { path: 'name', message: 'must be string' },
    { path: 'age', message: 'must be >= 0' },
    { path: 'mood', message: 'must be equal to one of the allowed values: ["good","bad"]' },
  ]);
  expect(check('Here it is: {}')).toEqual([{ path: '', message: 'is not JSON' }]);
  expect(check('{}')).toHaveLength(2);
});

test('a thousand faults are told as twenty', () => {
  const check = createJsonCheck({ type: 'array', items: { type: 'string' } });
  expect(check(JSON.stringify(Array.from({ length: 1000 }, () => 1)))).toHaveLength(20);
});

test('references inside a schema are followed, also to itself', () => {
  const tree = { type: 'object', properties: { left: { $ref: '#' }, leaf: { $ref: '#/$defs/leaf' } }, $defs: { leaf: { type: 'number' } } };
  expect(createJsonCheck(tree)('{"left":{"left":{"leaf":"x"}}}')).toMatchObject([{ path: 'left.left.leaf' }]);
});

test.each([
  [{ type: 'thing' }, 'type'],
  [{ properties: 5 }, 'properties'],
  [{ $ref: '#/$defs/missing' }, 'missing'],
  [{ $ref: 'https://example.com/schema.json' }, 'example.com'],
  [{ pattern: '(' }, 'regular expression'],
  [{ description: 'x'.repeat(40_000) }, 'at most 32768'],
])('a schema that cannot be used says why: %.60j', (schema, words) => {
  expect(findSchemaFault(schema)).toMatch(new RegExp(words, 'i'));
  expect(findSchemaFault(person)).toBeNull();
});

test('schemas of the same $id do not get into one another', () => {
  const one = createJsonCheck({ $id: 'https://example.com/a', type: 'string' });
  const two = createJsonCheck({ $id: 'https://example.com/a', type: 'number' });
  expect([one('"x"'), two('1')]).toEqual([[], []]);
});

import { AppError } from './app-error.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parse } from './parse.ts';

function faultsOf(schema: z.ZodType, value: unknown) {
  try {
    parse(schema, value);
  } catch (error) {
    if (error instanceof AppError) return { message: error.message, param: error.param, faults: error.faults };
  }
  throw new Error('nothing was refused');
}

const Thing = z.strictObject({
  name: z.string(),
  size: z.int(),
  parts: z.array(z.strictObject({ kind: z.string() })).optional(),
  content: z.union([z.string(), z.array(z.object({ type: z.string() }))]).optional(),
});

test('every fault is told with its path, and the first one in words', () => {
  const { message, param, faults } = faultsOf(Thing, { name: 1, parts: [{ kind: 'a' }, { kind: 2, more: 1 }] });
  expect(faults.map(({ path }) => path)).toEqual(['name', 'size', 'parts.1.kind', 'parts.1.more']);
  expect(param).toBe('name');
  expect(message).toMatch(/^name: .*\(and 3 more, see errors\)$/);
});

test('each unknown field is a fault with its name', () => {
  const { faults } = faultsOf(Thing, { name: 'x', size: 1, colour: 'red', shape: 'round' });
  expect(faults).toEqual([
    { path: 'colour', message: 'is not a known field' },
    { path: 'shape', message: 'is not a known field' },
  ]);
});

test('of a choice, the faults are those of the form that was meant', () => {
  expect(faultsOf(Thing, { name: 'x', size: 1, content: [{ type: 'a' }, { type: 1 }] }).faults.map(({ path }) => path)).toEqual([
    'content.1.type',
  ]);
  expect(faultsOf(Thing, { name: 'x', size: 1, content: 5 }).faults.map(({ path }) => path)).toEqual(['content']);
});

test('a fault of the whole has no param', () => {
  expect(faultsOf(Thing, 'x')).toMatchObject({ param: null, faults: [{ path: '' }] });
});

test('names of a megabyte are not sent back', () => {
  const { faults } = faultsOf(Thing, { name: 'x', size: 1, ['k'.repeat(1_000_000)]: 1 });
  expect(JSON.stringify(faults).length).toBeLessThan(1000);
});

import { expect, test } from 'vitest';
import { groupRows } from './input-lines.ts';

const row = (position: number, length: number) => ({ position, length });

test('rows that stand together are one group; a wide gap, or a step back, begins another', () => {
  const near = [row(0, 10), row(11, 10), row(60_000, 10)];
  const far = [row(200_000, 10), row(200_011, 5)];
  const before = [row(50, 5)];
  expect(groupRows([...near, ...far, ...before])).toEqual([near, far, before]);
  expect(groupRows([])).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderedDocs } from './render-docs.ts';

test.each(Object.entries(renderedDocs))('%s says what the code says; run: npm run docs', (path, render) => {
  expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).toBe(render());
});

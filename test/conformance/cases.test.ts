import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import cases from './cases.json' with { type: 'json' };

/** What a client does, what it has to see, and the files of `test` that prove it. */
interface Case {
  asked: string;
  seen: string;
  tests: string[];
}

const testDir = join(import.meta.dirname, '..');
const sources = globSync('{conformance,guarantees}/*.test.ts', { cwd: testDir })
  .filter((path) => !path.endsWith('cases.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(testDir, path), 'utf8') }));

/** The cases that a file's tests are named after: `test('C02, C03: ...'`. */
function casesOf(text: string): string[] {
  const names = text.matchAll(/\btest(?:\.concurrent)?\(\s*(['"`])((?:C\d\d(?:, )?)+): /g);
  return [...new Set([...names].flatMap(([, , ids = '']) => ids.split(', ')))];
}

test('every conformance case is proven by the files that it names, and no test names a case that is not listed', () => {
  const proven: Record<string, string[]> = {};
  for (const { path, text } of sources) for (const id of casesOf(text)) (proven[id] ??= []).push(path);
  const sorted = Object.entries(proven).map(([id, tests]) => [id, tests.toSorted()]);
  const listed = Object.entries(cases as Record<string, Case>).map(([id, { tests }]) => [id, tests]);
  expect(Object.fromEntries(sorted)).toEqual(Object.fromEntries(listed));
});

test('no conformance case is skipped', () => {
  const skipping = sources.filter(
    ({ text }) => casesOf(text).length > 0 && /\b(test|describe)(\.concurrent)?\.(skip|todo|only|skipIf|runIf|fails)\b/.test(text),
  );
  expect(skipping.map(({ path }) => path)).toEqual([]);
});

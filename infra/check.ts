import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/*
 * npm run check: what a machine can say about the source without running it. Every step runs, whatever the one before it found.
 */
const rootDir = dirname(import.meta.dirname);
const linesMax = 300;

/** A name that says nothing attracts everything. */
const emptyNames = /(^|\/)(shared|common|utils?|helpers?)(\/|\.[a-z.]+$)/;
const silencers = /\b(eslint|oxlint)-disable|@ts-(ignore|expect-error|nocheck)/;
/** These name the silencers in order to forbid them; the last one proves that wrong types are refused. */
const namesSilencers = new Set(['infra/check.ts', 'infra/lint-rules.test.ts', 'oxlint.config.ts', 'test/client/pack.test.ts']);

function findFaults(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: rootDir, encoding: 'utf8' });
  const files = listed.split('\0').filter((file) => file && existsSync(join(rootDir, file)));
  const named = files.filter((file) => emptyNames.test(file)).map((file) => `${file}: a name that says nothing`);
  const sources = files.filter((file) => /\.(ts|mts|mjs|js|vue)$/.test(file));
  return [...named, ...sources.flatMap(findFaultsIn)];
}

function findFaultsIn(file: string): string[] {
  const text = readFileSync(join(rootDir, file), 'utf8');
  const lines = text.split('\n').length - 1;
  const faults = lines > linesMax ? [`${file}: ${lines} lines, at most ${linesMax} are allowed`] : [];
  if (silencers.test(text) && !namesSilencers.has(file)) faults.push(`${file}: silences the linter or the type checker`);
  return faults;
}

function runTool(...args: string[]): boolean {
  return spawnSync(process.execPath, args, { cwd: rootDir, stdio: 'inherit' }).status === 0;
}

function checkFiles(): boolean {
  const faults = findFaults();
  for (const fault of faults) console.error(fault);
  return faults.length === 0;
}

const steps: [title: string, run: () => boolean][] = [
  ['sizes and names', checkFiles],
  ['format (npm run format mends it)', () => runTool('node_modules/oxfmt/bin/oxfmt', '--check')],
  ['lint', () => runTool('node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings')],
  ['types', () => runTool('node_modules/typescript/bin/tsc', '-p', '.')],
];

const failed = steps.filter(([title, run]) => {
  const startedAt = performance.now();
  const isGood = run();
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return !isGood;
});
process.exitCode = failed.length === 0 ? 0 : 1;

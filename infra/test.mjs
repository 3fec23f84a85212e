import { bootstrap, say } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';

// npm test: the checks of the source, then every test. npm test -- <arguments of vitest>: only those tests.
const { node, env } = bootstrap();
const vitestArgs = process.argv.slice(2);

/**
 * @param {string} title
 * @param {string[]} args
 */
async function step(title, args) {
  say(`\n== ${title}`);
  return runChild(node, args, env);
}

const checked = vitestArgs.length === 0 ? await step('Checks: format, lint, types, sizes', ['infra/check.ts']) : 0;
// Stopped by a signal: the user wants no more of it. Only failed: the tests may say more.
if (checked > 128) process.exit(checked);
const tested = await step('Tests', ['node_modules/vitest/vitest.mjs', 'run', ...vitestArgs]);
if (checked !== 0) say('\nThe tests have run, but the checks before them failed: npm run check shows them again.');
process.exit(tested || checked);

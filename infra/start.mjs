import { bootstrap } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';

// npm start: the whole of Sluice in one process.
const { node, env } = bootstrap();
process.exit(await runChild(node, ['apps/standalone/src/main.ts', ...process.argv.slice(2)], env));

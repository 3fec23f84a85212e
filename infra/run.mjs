import { bootstrap, say } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';

// node infra/run.mjs <command> [arguments]: the command with the pinned Node and the tools of node_modules first on the PATH.
const [command, ...args] = process.argv.slice(2);
if (!command) {
  say('usage: node infra/run.mjs <command> [arguments]');
  process.exit(2);
}
const { node, env } = bootstrap();
process.exit(await runChild(command === 'node' ? node : command, args, env));

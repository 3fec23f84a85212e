#!/usr/bin/env node
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Plain JavaScript for any Node: the command itself is TypeScript and needs the Node 24 that the repository brings along.
 */
const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '../src/main.ts');
const pinned = join(here, '../../../node_modules/.bin/node');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main);
} else if (existsSync(pinned) && spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) {
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both; the child decides what becomes of it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, 'SIGKILL') : process.exit(code ?? 1)));
} else {
  process.stderr.write(`sluice needs Node 24 here, and this is ${process.version}. In the repository, npm install brings it.\n`);
  process.exit(1);
}

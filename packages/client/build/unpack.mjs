import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/* Runs after `npm pack`: the manifest as the workspace has it. Plain JavaScript on any Node: while the other manifest stands, the bootstrap would install. */
const packageDir = join(import.meta.dirname, '..');
const keptFile = join(packageDir, 'build/package.workspace.json');
if (existsSync(keptFile)) {
  writeFileSync(join(packageDir, 'package.json'), readFileSync(keptFile));
  rmSync(keptFile);
}

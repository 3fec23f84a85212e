import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderWire } from './render-wire.ts';

/*
 * Runs before `npm pack` and `npm publish`: JavaScript and declarations into dist, and the manifest for those who install it.
 * unpack.mjs puts the workspace's manifest back. The tests pack in the workspace while others run: what points to dist for a moment
 * is the same code.
 */
const packageDir = join(import.meta.dirname, '..');
const distDir = join(packageDir, 'dist');
const manifestFile = join(packageDir, 'package.json');
const keptFile = join(packageDir, 'build/package.workspace.json');

// A kept one is left from a packing that did not get to its end.
const manifestText = readFileSync(existsSync(keptFile) ? keptFile : manifestFile, 'utf8');
rmSync(distDir, { recursive: true, force: true });
const tsc = join(packageDir, '../../node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(packageDir, 'build/tsconfig.json')], { stdio: ['ignore', 2, 2] });
writeFileSync(join(distDir, 'wire.d.ts'), renderWire());
// The compiler leaves the names in declarations as they are.
for (const file of readdirSync(distDir).filter((name) => name.endsWith('.d.ts'))) {
  const path = join(distDir, file);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/((?:from |import\()['"]\.\/[^'"]+)\.ts(['"])/g, '$1.js$2'));
}

const workspaceOnly = ['scripts', 'devDependencies', 'exports'];
const kept = Object.entries(JSON.parse(manifestText) as Record<string, unknown>).filter(([name]) => !workspaceOnly.includes(name));
const entry = { types: './dist/index.d.ts', default: './dist/index.js' };
writeFileSync(keptFile, manifestText);
writeFileSync(manifestFile, `${JSON.stringify({ ...Object.fromEntries(kept), types: entry.types, exports: { '.': entry } }, null, 2)}\n`);

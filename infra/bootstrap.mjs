import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Gets a fresh clone ready to run: the dependencies, and with them the Node that the lockfile pins. Plain JavaScript, and nothing
 * imported but Node itself: this is what runs before there is anything else, on any Node from 18 on.
 */

const pnpmVersion = '12.21.0';
const nodeMajorMin = 24;

export const rootDir = dirname(dirname(fileURLToPath(import.meta.url)));
const binDir = join(rootDir, 'node_modules', '.bin');

/**
 * Installs what changed since the last time, with progress on standard error.
 *
 * @returns {{ node: string, env: NodeJS.ProcessEnv }} the Node to run things with, and the environment for them
 */
export function bootstrap() {
  requireNode(18, 'npm');
  const env = cleanEnvironment(process.env);
  install(env);
  return { node: findNode(), env: { ...env, PATH: `${binDir}:${env.PATH ?? ''}` } };
}

/**
 * npm tells its scripts a hundred things about itself, which would change what a nested npm, pnpm or vitest does. What the user set
 * about where packages come from and how they are fetched stays.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function cleanEnvironment(env) {
  const kept = /^npm_config_(registry|cache|userconfig|globalconfig|https?_proxy|proxy|noproxy|ca|cafile|strict_ssl|ignore_scripts|@|\/\/)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('npm_') || kept.test(name)));
}

/** @param {NodeJS.ProcessEnv} env */
function install(env) {
  const stampFile = join(rootDir, 'node_modules', '.boot-stamp');
  const stamp = hashOfDependencies();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  rmSync(stampFile, { force: true });
  say('Installing the dependencies; the first time this takes up to a minute');
  const args = ['--yes', `pnpm@${pnpmVersion}`, 'install', '--frozen-lockfile', '--prefer-offline'];
  // Standard output belongs to what the user asked for.
  const { status, error } = spawnSync('npx', args, {
    cwd: rootDir,
    env: { ...env, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 2, 2],
  });
  if (error) fail(`npx could not be started (${error.message}). It comes with npm; install npm and try again.`);
  if (status !== 0)
    fail(`The dependencies could not be installed; the reason stands above. By hand: npx --yes pnpm@${pnpmVersion} install`);
  writeFileSync(stampFile, stamp);
}

/** Of everything that says what is to be installed, and of the system it is for. */
function hashOfDependencies() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const folders = ['apps', 'packages'].flatMap((name) => readdirSync(join(rootDir, name)).map((folder) => join(name, folder)));
  const manifests = ['.', 'test', ...folders].map((folder) => join(folder, 'package.json'));
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests.sort()]) {
    const path = join(rootDir, file);
    if (existsSync(path)) hash.update(`${file}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** The pinned one where there is a package of it for this system and it runs here, else the one that runs us. */
function findNode() {
  const pinned = join(binDir, 'node');
  if (existsSync(pinned) && spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) return pinned;
  requireNode(nodeMajorMin, `there is no package of Node ${nodeMajorMin} for ${process.platform} ${process.arch}`);
  return process.execPath;
}

/**
 * @param {number} majorMin
 * @param {string} reason
 */
function requireNode(majorMin, reason) {
  if (Number(process.versions.node.split('.')[0]) >= majorMin) return;
  fail(
    `Sluice needs Node ${majorMin} or newer here (${reason}), and this is ${process.version}. Get it from https://nodejs.org and try again.`,
  );
}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`${message}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(1);
}

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './exit-codes.ts';

/** What `sluice login` keeps. */
export interface SavedSettings {
  url?: string;
  key?: string;
}

export function settingsPath(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'sluice', 'config.json');
}

export function readSettings(env: NodeJS.ProcessEnv): SavedSettings {
  const path = settingsPath(env);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SavedSettings;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new CliError(`${path} cannot be read (${(error as Error).message}). Delete it and log in again.`);
  }
}

/** For this user's eyes alone. */
export function saveSettings(env: NodeJS.ProcessEnv, settings: SavedSettings): string {
  const path = settingsPath(env);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}

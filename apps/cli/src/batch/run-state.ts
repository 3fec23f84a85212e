import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { usageError } from '../exit-codes.ts';
import { requestSettingsOf, type RunSettings } from './run-settings.ts';

/**
 * What a run must not forget, in a file beside its output. It is written before the first row is submitted and says under which
 * name rows are submitted; which rows are done stands in the output alone, so the two can never disagree.
 */
export interface RunState {
  version: 1;
  /** Chance, in front of every idempotency key. */
  run: string;
  sha256: string;
  settings: RunSettings;
  /** How many rows will stand in the output. */
  rows: number;
  /** The version of the template that the run began with, as `tpl_...@3`. */
  template: string | null;
  /** Row -> how often it was run again after it had failed. */
  retries: Record<string, number>;
}

export const stateFileOf = (out: string): string => `${out}.state`;

/** The same row has the same key, whoever submits it and whenever: what is sent twice is done once. */
export function idempotencyKeyOf({ run, retries }: RunState, row: number): string {
  const again = retries[row];
  return again === undefined ? `${run}/${row}` : `${run}/${row}/${again}`;
}

export function findState(out: string): RunState | null {
  const path = stateFileOf(out);
  if (!existsSync(path)) return null;
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as RunState;
    if (state.version === 1 && typeof state.run === 'string') return state;
  } catch {
    // Said below.
  }
  throw usageError(`${path} is not the state of a run. Delete it, or begin anew with --force-new.`);
}

/** Replaces the file as a whole: a crash leaves the old one or the new one. */
export function writeState(state: RunState): void {
  const path = stateFileOf(state.settings.out);
  writeDurably(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${path}.new`, path);
  syncFolder(path);
}

export function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
}

/** A new name is only safe when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** A run goes on only with what it began with. @throws CliError that says what is different and how to go on */
export function checkSame(state: RunState, { sha256, settings }: Pick<RunState, 'sha256' | 'settings'>): void {
  const ways = `Put it back as it was, or begin a new run with another --out or with --force-new (which replaces ${settings.out}).`;
  if (state.sha256 !== sha256) throw usageError(`${settings.input} has changed since the run of ${settings.out} began. ${ways}`);
  const [before, now] = [requestSettingsOf(state.settings), requestSettingsOf(settings)];
  const changed = (Object.keys(now) as (keyof typeof now)[]).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  if (changed.length === 0) return;
  const list = changed.map((name) => `${name} was ${JSON.stringify(before[name])} and is ${JSON.stringify(now[name])}`).join('; ');
  throw usageError(`The run of ${settings.out} began with other options: ${list}. ${ways}`);
}

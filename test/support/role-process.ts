import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { tie } from '../../infra/tie.mjs';

export type RoleName = 'api' | 'worker' | 'billing' | 'standalone';

/** One process of the product, as an operator starts it. */
export interface RoleProcess {
  /** What stands behind "ready" on its first line: the API's URL. */
  url: string;
  pid: number;
  /** What it has logged so far, for a failing test. */
  log(): string;
  /** Sends a signal and waits until the process is gone; answers its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  isRunning(): boolean;
}

const rootDir = join(import.meta.dirname, '../..');

/** Starts a role and waits until it says that it is ready. */
export async function startRole(role: RoleName, env: Record<string, string>): Promise<RoleProcess> {
  const child = spawn(process.execPath, [`apps/${role}/src/main.ts`], {
    cwd: rootDir,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Also one that is not ready yet when its test has given up waiting.
  tie(child, { reach: 'process' });
  const logged: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => logged.push(text));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const ready = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [line] = await Promise.race([ready, exited]);
  if (typeof line !== 'string') throw new Error(`${role} ended before it was ready:\n${logged.join('')}`);
  return {
    url: line.replace(/^.*ready /, ''),
    pid: child.pid ?? 0,
    log: () => logged.join(''),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async end(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

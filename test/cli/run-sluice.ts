import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createTestFolder, type TestFolder } from '../support/folder.ts';
import type { TestUser, World } from '../support/world.ts';

const main = join(import.meta.dirname, '../../apps/cli/src/main.ts');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** The command as a user of a world would run it, in a folder of its own. */
export interface Shell {
  folder: TestFolder;
  path(name: string): string;
  run(args: string[], options?: RunOptions): Promise<Ended>;
  start(args: string[], options?: RunOptions): Started;
}

interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
}

export function createShell(world: Pick<World, 'url'>, user: Pick<TestUser, 'key'>): Shell {
  const folder = createTestFolder();
  const base = { PATH: process.env.PATH, HOME: folder.path, SLUICE_URL: world.url(), SLUICE_API_KEY: user.key };
  function start(args: string[], { stdin, env = {} }: RunOptions = {}): Started {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder.path, env: { ...base, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(stdin ?? '');
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => void (text.stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => void (text.stderr += piece));
    const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => ({ code, ...text }));
    return { child, ended };
  }
  return { folder, path: (name) => join(folder.path, name), start, run: (args, options) => start(args, options).ended };
}

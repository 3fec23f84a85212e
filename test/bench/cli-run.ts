import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { tie } from '../../infra/tie.mjs';
import { freePort } from './free-port.ts';

/** One start of `sluice batch run`, a process of its own. */
export interface BatchRun {
  name: string;
  out: string;
  pid: number;
  /** Where its inspector listens after a SIGUSR1. */
  inspectPort: number;
  isRunning(): boolean;
  /** The end of what it said on standard error. */
  said(): string;
  /** SIGKILL. */
  kill(): void;
  /** The exit code; null when it was killed. */
  ended: Promise<number | null>;
}

interface BatchRunOptions {
  /** Where `rows.csv` is and the output goes. */
  dir: string;
  name: string;
  prompt: string;
  model: string;
  url: string;
  key: string;
}

const main = join(import.meta.dirname, '../../apps/cli/src/main.ts');

export async function startBatchRun({ dir, name, prompt, model, url, key }: BatchRunOptions): Promise<BatchRun> {
  const out = join(dir, `${name}.jsonl`);
  const args = ['batch', 'run', 'rows.csv', '--prompt', prompt, '-m', model, '--max-tokens', '50', '--out', out, '--yes'];
  const inspectPort = await freePort();
  const child = spawn(process.execPath, [`--inspect-port=${inspectPort}`, main, ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '', HOME: dir, SLUICE_URL: url, SLUICE_API_KEY: key },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  tie(child, { reach: 'process' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
  return {
    name,
    out,
    pid: child.pid ?? 0,
    inspectPort,
    said: () => said,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: () => void child.kill('SIGKILL'),
    ended: (once(child, 'exit') as Promise<[number | null]>).then(([code]) => code),
  };
}

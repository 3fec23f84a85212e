import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Closers } from '@sluice/platform';
import { tie } from '../../infra/tie.mjs';
import { freePort } from './free-port.ts';

export interface Child {
  pid: number;
  /** Where its inspector listens after a SIGUSR1. */
  inspectPort: number;
  /** Waits for a line on standard output. */
  says(line: RegExp): Promise<string>;
  /** SIGKILL, as a crash, and waits for the end. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for the end; SIGKILL after ten seconds. */
  close(): Promise<void>;
}

interface ChildOptions {
  /** From the root of the repository. */
  script: string;
  args?: string[];
  env?: Record<string, string>;
  closers: Closers;
}

const rootDir = join(import.meta.dirname, '..', '..');

/** Runs a server as a process of its own, without our environment; it ends with us at the latest. */
export async function startChild({ script, args = [], env = {}, closers }: ChildOptions): Promise<Child> {
  const { PATH = '', HOME = '/' } = process.env;
  const inspectPort = await freePort();
  const child = spawn(process.execPath, [`--inspect-port=${inspectPort}`, script, ...args], {
    cwd: rootDir,
    env: { PATH, HOME, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  tie(child, { reach: 'process' });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output = `${output}${text}`.slice(-10_000)));
  const exited = once(child, 'exit');
  await once(child, 'spawn');

  async function close(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(impatience);
  }

  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await exited;
  }

  closers.add(script, close);
  return {
    pid: child.pid ?? 0,
    inspectPort,
    async says(line) {
      while (!line.test(output)) {
        const [code] = await Promise.race([once(child.stdout, 'data').then(() => [null]), exited]);
        if (code !== null) throw new Error(`${script} ended with ${code} before it was ready`);
      }
      return line.exec(output)?.[0] ?? '';
    },
    kill,
    close,
  };
}

/** The memory a process keeps in RAM, in bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** Ticks of the clock that the kernel counts processor time in; 100 a second on every Linux. */
const msPerTick = 10;

/** Processor time that processes have used so far, in milliseconds: unlike the time on the wall it hardly depends on what else runs. */
export function processorMs(children: Pick<Child, 'pid'>[]): number {
  return children.reduce((sum, { pid }) => sum + processorMsOf(pid), 0);
}

function processorMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

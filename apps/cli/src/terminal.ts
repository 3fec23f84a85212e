import { cleanLine } from './output/clean-text.ts';

/** Where the command reads and writes. Data goes to stdout, everything else to stderr. */
export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** A line for people. */
  say(message: string): void;
}

const graceMs = 3000;

/** The first Ctrl-C stops what is under way, the second everything at once. */
export function createTerminal(): Terminal {
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Interrupted());
    // A command that has nothing to put in order just ends.
    setTimeout(() => process.exit(130), graceMs).unref();
  });
  const { stdin, stdout, stderr } = process;
  // A reader that has seen enough, such as `head`, is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const say = (message: string) => void stderr.write(`${message.split('\n').map(cleanLine).join('\n')}\n`);
  return { stdin, stdout, stderr, env: globalThis.process.env, signal: stop.signal, say };
}

/** Why everything stopped when the user pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor() {
    super('Interrupted.');
  }
}

/** Whether there is somebody to ask. */
export function isInteractive({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

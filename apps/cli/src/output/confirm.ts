import { createInterface } from 'node:readline/promises';
import { usageError } from '../exit-codes.ts';
import { isInteractive, type Terminal } from '../terminal.ts';

/** Asks on the terminal. @throws CliError that names the flag where there is nobody to ask */
export async function confirm(terminal: Terminal, question: string, flag: string): Promise<boolean> {
  if (!isInteractive(terminal)) throw usageError(`${question} There is nobody to ask here; say it with ${flag}.`);
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: terminal.signal })).trim());
  } finally {
    lines.close();
  }
}

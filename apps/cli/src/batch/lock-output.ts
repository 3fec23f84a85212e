import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { usageError } from '../exit-codes.ts';

/**
 * Makes sure that one process at a time writes an output. What a killed one left is taken over; answers what gives it back.
 * @throws CliError while another process runs it
 */
export function lockOutput(out: string): () => void {
  const path = `${out}.lock`;
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw usageError(`${out} cannot be written: ${(error as Error).message}`);
    }
    const owner = findWriter(out);
    if (owner !== null)
      throw usageError(`The process ${owner} is writing ${out}. Wait for it or stop it; if it is something else, delete ${path}.`);
    rmSync(path, { force: true });
  }
  throw usageError(`${path} keeps coming back; is another process writing ${out}?`);
}

/** The process that writes an output now. */
export function findWriter(out: string): number | null {
  try {
    const owner = Number(readFileSync(`${out}.lock`, 'utf8'));
    return owner > 0 && isRunning(owner) ? owner : null;
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

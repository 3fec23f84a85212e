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
    const owner = Number(readFileSync(path, { encoding: 'utf8', flag: 'a+' }));
    if (owner > 0 && isRunning(owner))
      throw usageError(`The process ${owner} is writing ${out}. Wait for it or stop it; if it is something else, delete ${path}.`);
    rmSync(path, { force: true });
  }
  throw usageError(`${path} keeps coming back; is another process writing ${out}?`);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

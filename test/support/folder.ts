import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestFolder {
  path: string;
  /** Removes it with everything in it. */
  close(): Promise<void>;
}

/** Kills the PostgreSQL servers that a test left running on data in the folder, then removes the folder. */
const cleanUp = `cat
find "$1" -name postmaster.pid -exec head -n 1 {} ";" | while read -r pid; do kill -s KILL "$pid"; done
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }`;

/** A folder for one test. It goes when the test closes it, and also when this process dies before. */
export function createTestFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  // The kernel closes its standard input when this process is gone; until then it waits in `cat`.
  const cleaner = spawn('sh', ['-c', cleanUp, 'sh', path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  cleaner.unref();
  const close = async () => {
    cleaner.ref();
    const exited = once(cleaner, 'exit');
    cleaner.stdin.end();
    await exited;
  };
  return { path, close };
}

import { AppConfigError } from './config-error.ts';
import type { Closers } from './closers.ts';
import type { Logger } from './logger.ts';

interface RunningRole {
  closers: Closers;
  log: Logger;
}

/**
 * Runs a role until SIGTERM or SIGINT, then closes it; a second signal ends the process at once. Wrong settings end it with
 * exit code 2 and every fault on standard error.
 */
export async function runMain(start: () => Promise<RunningRole>): Promise<void> {
  try {
    const { closers, log } = await start();
    const signal = await nextSignal();
    log.info({ signal }, 'stopping');
    void nextSignal().then(() => process.exit(130));
    await closers.closeAll();
    log.info('stopped');
    process.exit(0);
  } catch (error) {
    console.error(error instanceof AppConfigError ? error.message : error);
    process.exit(error instanceof AppConfigError ? 2 : 1);
  }
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

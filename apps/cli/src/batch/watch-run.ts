import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { createProgressBar } from '../output/progress-bar.ts';
import { pauseFor } from '../pause-for.ts';
import type { Terminal } from '../terminal.ts';
import { readDoneRows } from './done-rows.ts';
import { findWriter } from './lock-output.ts';
import type { RunState } from './run-state.ts';
import { showPath } from './show-path.ts';

const lookEveryMs = 1000;

/** Shows how far a run of another process is, until it has ended or nobody runs it any more. */
export async function watchRun(terminal: Terminal, { rows: total, settings: { out, maxCost: cap } }: RunState): Promise<ExitCode> {
  const bar = createProgressBar(terminal);
  try {
    for (;;) {
      const writer = findWriter(out);
      const { done, failed, tokens, spent } = await readDoneRows(out);
      bar.show({ done, failed, total, tokens, spent, cap });
      if (done >= total) return failed > 0 ? exitCodes.partial : exitCodes.ok;
      if (writer === null) {
        bar.close();
        terminal.say(`${done} of ${total} rows stand in ${showPath(out)}, and nobody runs the rest. Its first command goes on.`);
        return exitCodes.partial;
      }
      await pauseFor(lookEveryMs, terminal.signal);
    }
  } finally {
    bar.close();
  }
}

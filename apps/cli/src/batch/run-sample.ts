import { randomBytes } from 'node:crypto';
import type { Client } from '@sluice/client';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { writeRows, type Format } from '../output/write-rows.ts';
import type { Terminal } from '../terminal.ts';
import { renderUnits } from './credits.ts';
import { noRows } from './done-rows.ts';
import { planRun } from './plan-run.ts';
import type { ResultRow } from './result-row.ts';
import { tellFaults } from './run-batch.ts';
import { runRows } from './run-rows.ts';
import type { RunSettings } from './run-settings.ts';

/** Really runs the first rows and prints their answers; leaves the output and its state alone, so that the prompt may still change. */
export async function runSample(
  client: Client,
  terminal: Terminal,
  settings: RunSettings,
  sample: { rows: number; format: Format },
): Promise<ExitCode> {
  const plan = await planRun(client, settings);
  tellFaults(terminal, plan);
  const run = randomBytes(12).toString('hex');
  const results: ResultRow[] = [];
  const summary = await runRows(client, {
    plan: { ...plan, rows: Math.min(plan.rows, sample.rows) },
    before: noRows,
    keyOf: (row) => `sample-${run}/${row}`,
    signal: terminal.signal,
    bar: { show() {}, close() {} },
    onResult: (result) => results.push(result),
    rowsMax: sample.rows,
  });
  results.sort((a, b) => a.row - b.row);
  await writeRows(terminal, sample.format, ['row', 'id', 'status', 'text', 'cost'], results as unknown as Record<string, unknown>[]);
  const all = summary.done === 0 ? 0 : Math.ceil((summary.spent / summary.done) * plan.rows);
  terminal.say(
    `${summary.done} rows cost ${renderUnits(summary.spent)} credits; at that, all ${plan.rows} cost about ${renderUnits(all)}.`,
  );
  return summary.failed > 0 ? exitCodes.partial : exitCodes.ok;
}

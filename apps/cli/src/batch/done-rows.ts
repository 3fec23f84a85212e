import type { Client } from '@sluice/client';
import { unitsOf, type Units } from './credits.ts';
import { readResults } from './result-file.ts';
import { hasFailed } from './result-row.ts';

/** The rows that stand in an output, at one byte a row, and their sums. */
export interface DoneRows {
  has(row: number): boolean;
  done: number;
  failed: number;
  failedRows: number[];
  tokens: number;
  spent: Units;
  /** The jobs of rows that stand there without a cost, because billing was late. */
  unsettled: string[];
}

/** What stands in an output that is not there yet. */
export const noRows: DoneRows = { has: () => false, done: 0, failed: 0, failedRows: [], tokens: 0, spent: 0, unsettled: [] };

export async function readDoneRows(out: string): Promise<DoneRows> {
  let marks = new Uint8Array(1024);
  const sums = { done: 0, failed: 0, tokens: 0, spent: 0 };
  const failedRows: number[] = [];
  const unsettled: string[] = [];
  for await (const result of readResults(out)) {
    if (result.row >= marks.length) {
      const larger = new Uint8Array(Math.max(result.row + 1, marks.length * 2));
      larger.set(marks);
      marks = larger;
    }
    marks[result.row] = 1;
    sums.done += 1;
    sums.tokens += result.input_tokens + result.output_tokens;
    sums.spent += result.cost === null ? 0 : unitsOf(result.cost);
    if (result.cost === null && result.job_id !== null) unsettled.push(result.job_id);
    if (!hasFailed(result)) continue;
    sums.failed += 1;
    failedRows.push(result.row);
  }
  return { ...sums, failedRows, unsettled, has: (row) => marks[row] === 1 };
}

/** Counts what rows without a cost have cost by now, or what is held for them. A cap has to know. */
export async function withLateCosts({ jobs }: Client, rows: DoneRows): Promise<DoneRows> {
  let spent = rows.spent;
  for (const id of rows.unsettled) {
    const { billing } = await jobs.get(id);
    spent += unitsOf(billing.cost ?? billing.hold);
  }
  return { ...rows, spent };
}

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
}

/** What stands in an output that is not there yet. */
export const noRows: DoneRows = { has: () => false, done: 0, failed: 0, failedRows: [], tokens: 0, spent: 0 };

export async function readDoneRows(out: string): Promise<DoneRows> {
  let marks = new Uint8Array(1024);
  const sums = { done: 0, failed: 0, tokens: 0, spent: 0 };
  const failedRows: number[] = [];
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
    if (!hasFailed(result)) continue;
    sums.failed += 1;
    failedRows.push(result.row);
  }
  return { ...sums, failedRows, has: (row) => marks[row] === 1 };
}

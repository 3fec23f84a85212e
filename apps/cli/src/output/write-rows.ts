import { once } from 'node:events';
import { stringify } from 'csv-stringify/sync';
import type { Terminal } from '../terminal.ts';
import { renderCell, renderTable } from './render-table.ts';

export type Format = 'table' | 'json' | 'jsonl' | 'csv';
export const formats: Format[] = ['table', 'json', 'jsonl', 'csv'];

export type Row = Record<string, unknown>;

/** Prints a list as the user wants it: all fields as JSON, the chosen columns as a table or CSV. */
export async function writeRows(
  { stdout }: Terminal,
  format: Format,
  columns: string[],
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<void> {
  const write = async (text: string) => void (stdout.write(text) || (await once(stdout, 'drain')));
  if (format === 'jsonl') {
    for await (const row of rows) await write(`${JSON.stringify(row)}\n`);
    return;
  }
  if (format === 'csv') {
    await write(renderCsvLine(columns));
    for await (const row of rows) await write(renderCsvLine(columns.map((name) => row[name])));
    return;
  }
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  await write(format === 'json' ? `${JSON.stringify(all, null, 2)}\n` : renderTable(columns, all));
}

/** One object: as JSON, as a CSV of one row, or as a table of names and values. */
export async function writeObject(terminal: Terminal, format: Format, object: Row): Promise<void> {
  if (format === 'table') {
    const rows = Object.entries(object).map(([name, value]) => ({ name, value }));
    return writeRows(terminal, format, ['name', 'value'], rows);
  }
  if (format === 'json') return void terminal.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
  return writeRows(terminal, format, Object.keys(object), [object]);
}

/** A line of CSV in which no cell can be taken for a formula. */
export function renderCsvLine(cells: unknown[]): string {
  return stringify([cells.map(renderCell)], { escape_formulas: true });
}

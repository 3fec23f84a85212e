import { closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { parse } from 'csv-parse';
import { renderCsvLine } from '../output/write-rows.ts';
import { readText } from './detect-encoding.ts';
import { hasFailed, type ResultRow } from './result-row.ts';

/** Of a result that stands in the output, what is needed to go on. */
export type DoneRow = Pick<ResultRow, 'row' | 'status' | 'job_id' | 'input_tokens' | 'output_tokens' | 'cost'>;

/** The file that results are appended to, one record each. A record counts when it is whole. */
export interface ResultFile {
  append(result: ResultRow, values: Record<string, unknown>): void;
  close(): void;
}

const syncEvery = 100;
const isCsv = (path: string): boolean => path.toLowerCase().endsWith('.csv');

const ownColumns = ['row', 'id', 'status', 'answer', 'error', 'job_id', 'input_tokens', 'output_tokens', 'cost'];

/** The columns of a CSV output: `row`, those of the input, and what came of it. A name that is taken gets a `_`. */
function columnsOf(inputColumns: string[]): { header: string[]; own: string[] } {
  const own = ownColumns.map((name) => {
    let free = name;
    while (inputColumns.includes(free)) free += '_';
    return free;
  });
  return { header: [...own.slice(0, 1), ...inputColumns, ...own.slice(1)], own };
}

/** Opens an output to append to; a new one gets its head. */
export function openResults(path: string, inputColumns: string[]): ResultFile {
  const isNew = !existsSync(path);
  const file = openSync(path, 'a');
  // With a byte order mark, spreadsheets take it for UTF-8.
  if (isNew && isCsv(path)) writeSync(file, `\uFEFF${renderCsvLine(columnsOf(inputColumns).header)}`);
  let sinceSync = 0;
  return {
    append(result, values) {
      writeSync(file, isCsv(path) ? renderCsv(result, values, inputColumns) : `${JSON.stringify(result)}\n`);
      sinceSync = (sinceSync + 1) % syncEvery;
      if (sinceSync === 0) fsyncSync(file);
    },
    close() {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

function renderCsv(result: ResultRow, values: Record<string, unknown>, inputColumns: string[]): string {
  const { row, id, status, text, error, job_id: jobId, input_tokens: input, output_tokens: output, cost } = result;
  const fault = error && `${error.code}: ${error.message}`;
  return renderCsvLine([row, ...inputColumns.map((name) => values[name]), id, status, text, fault, jobId, input, output, cost]);
}

/**
 * Cuts off what a kill in the middle of a write left behind the last whole record. Everything the file then holds was written as a
 * whole: an append is one write, and a record ends in a line feed that is not inside quotes.
 */
export async function mendResults(path: string): Promise<void> {
  if (!existsSync(path)) return;
  let wholeBytes = 0;
  let bytes = 0;
  let isQuoted = false;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      bytes += 1;
      if (byte === 0x22 && isCsv(path)) isQuoted = !isQuoted;
      if (byte === 0x0a && !isQuoted) wholeBytes = bytes;
    }
  }
  if (wholeBytes === 0) rmSync(path);
  else if (wholeBytes < bytes) truncateSync(path, wholeBytes);
}

/** The rows that stand in an output. */
export async function* readResults(path: string): AsyncGenerator<DoneRow> {
  if (!existsSync(path)) return;
  if (!isCsv(path)) return yield* readJsonResults(path);
  // Another process may be writing: its last record may not be whole yet.
  const records = createReadStream(path).pipe(parse({ bom: true, relax_column_count: true, skip_records_with_error: true }));
  let places: number[] | null = null;
  let columns = 0;
  for await (const record of records as AsyncIterable<string[]>) {
    if (!places) {
      places = findPlaces(record);
      columns = record.length;
      continue;
    }
    if (record.length !== columns) continue;
    const [row, status = '', jobId, input, output, cost] = places.map((i) => record[i] ?? '');
    const tokens = { input_tokens: Number(input), output_tokens: Number(output) };
    yield { row: Number(row), status, job_id: jobId || null, ...tokens, cost: cost || null };
  }
}

/** Ours are the first column and the last eight, whatever they had to be called. */
function findPlaces(header: string[]): number[] {
  const from = header.length - ownColumns.length;
  return ['row', 'status', 'job_id', 'input_tokens', 'output_tokens', 'cost'].map((name) =>
    name === 'row' ? 0 : from + ownColumns.indexOf(name),
  );
}

async function* readJsonResults(path: string): AsyncGenerator<DoneRow> {
  let rest = '';
  for await (const piece of readText({ path, encoding: 'utf-8', sha256: '', bytes: 0 })) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as DoneRow;
  }
}

/** Takes the rows that failed out of an output, all at once: a crash leaves the old file or the new one. */
export async function takeOutFailed(path: string): Promise<void> {
  const next = `${path}.new`;
  const file = openSync(next, 'w');
  if (isCsv(path)) await copyCsv(path, file);
  else for await (const result of readJsonResults(path)) if (!hasFailed(result)) writeSync(file, `${JSON.stringify(result)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
}

async function copyCsv(path: string, file: number): Promise<void> {
  let places: number[] | null = null;
  for await (const record of createReadStream(path).pipe(parse({ bom: true })) as AsyncIterable<string[]>) {
    const isKept = !places || !hasFailed({ status: record[places[1] ?? 0] ?? '' });
    if (isKept) writeSync(file, `${places ? '' : '\uFEFF'}${renderCsvLine(record)}`);
    places ??= findPlaces(record);
  }
}

import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import { usageError } from '../exit-codes.ts';
import { readText, type InputFile } from './detect-encoding.ts';
import { findDelimiter, isDelimiterLine } from './find-delimiter.ts';

export type InputFormat = 'csv' | 'tsv' | 'jsonl';

/** One row of the input: its values by column, or what is wrong with it. Rows count from 1. */
export interface InputRecord {
  row: number;
  line: number;
  values: Record<string, unknown>;
  fault: string | null;
}

/** No row may be longer than a request can be. */
const recordCharsMax = 8_000_000;

export function formatOf(path: string, wanted?: string): InputFormat {
  const name = wanted ?? extname(path).slice(1).toLowerCase();
  if (name === 'csv' || name === 'tsv' || name === 'jsonl') return name;
  if (name === 'ndjson') return 'jsonl';
  if (name === 'xlsx' || name === 'xls') throw usageError(`${path} is a workbook; save it as CSV and use that.`);
  throw usageError(`${path}: say with --format whether it is csv, tsv or jsonl.`);
}

/** The rows of a file as a stream. @throws CliError, with the line, where nothing behind a fault could be understood */
export function readRecords(file: InputFile, format: InputFormat): AsyncGenerator<InputRecord> {
  return format === 'jsonl' ? readJsonLines(file) : readCsv(file, format === 'tsv' ? '\t' : null);
}

async function* readCsv(file: InputFile, wanted: string | null): AsyncGenerator<InputRecord> {
  const text = readText(file);
  const { value: head = '' } = await text.next();
  const delimiter = wanted ?? findDelimiter(head);
  const parser = parse({ delimiter, info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: recordCharsMax });
  const records = Readable.from(behind(head, text))
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  let header: string[] | null = null;
  let row = 0;
  try {
    for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: Info }>) {
      if (!header) {
        if (info.lines === 1 && isDelimiterLine(record)) continue;
        header = checkHeader(file.path, record);
        continue;
      }
      row += 1;
      const values = Object.fromEntries(header.map((name, i) => [name, record[i] ?? '']));
      const fault = record.length === header.length ? null : `has ${record.length} columns, and the header has ${header.length}`;
      yield { row, line: info.lines - countBreaks(record), values, fault };
    }
  } catch (error) {
    throw error instanceof CsvError ? usageError(`${file.path}: ${describe(error)}`) : error;
  }
  if (!header) throw usageError(`${file.path} is empty.`);
}

async function* behind(head: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield head;
  yield* rest;
}

/** A row begins so many lines above its end. */
const countBreaks = (record: string[]): number => record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);

function describe(error: CsvError): string {
  const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return `the row at line ${line} is longer than ${recordCharsMax / 1e6} million characters.`;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return `a quote that was opened is never closed; the row ends at line ${line}, the end of the file.`;
  return `line ${line}: ${error.message}`;
}

function checkHeader(path: string, names: string[]): string[] {
  const header = names.map((name) => name.trim());
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) throw usageError(`${path}: the column ${JSON.stringify(twice)} is there twice.`);
  return header;
}

async function* readJsonLines(file: InputFile): AsyncGenerator<InputRecord> {
  let rest = '';
  let line = 0;
  let row = 0;
  const read = (text: string): InputRecord[] => {
    line += 1;
    if (text.trim() === '') return [];
    row += 1;
    return [{ row, line, ...parseLine(text) }];
  };
  for await (const piece of readText(file)) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield* read(text);
    if (rest.length > recordCharsMax)
      throw usageError(`${file.path}: line ${line + 1} is longer than ${recordCharsMax / 1e6} million characters.`);
  }
  if (rest !== '') yield* read(rest);
}

function parseLine(text: string): { values: Record<string, unknown>; fault: string | null } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { values: value as Record<string, unknown>, fault: null };
    return { values: {}, fault: 'is not an object' };
  } catch (error) {
    return { values: {}, fault: `is not JSON: ${(error as Error).message}` };
  }
}

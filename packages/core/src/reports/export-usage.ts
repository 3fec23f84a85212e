import { UsageRecord } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { readUsageRecords, type RecordsQuestion } from './read-usage-records.ts';
import { renderCsv } from './render-csv.ts';

const columns = UsageRecord.keyof().options;

export type ExportFormat = 'csv' | 'jsonl';

/** Settled jobs of a window as a file, a chunk a page: CSV with a head line, or one JSON object a line. */
export async function* exportUsage(em: EntityManager, question: RecordsQuestion, format: ExportFormat): AsyncGenerator<string> {
  if (format === 'csv') yield renderCsv([columns]);
  for await (const records of readUsageRecords(em, question)) {
    yield format === 'csv' ? renderCsv(records.map((record) => columns.map((column) => record[column]))) : renderJsonLines(records);
  }
}

function renderJsonLines(records: UsageRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

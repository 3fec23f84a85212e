import { buffer } from 'node:stream/consumers';
import { batchLineBytesMax } from '@sluice/contract';
import { readLines, type ContentStore } from '@sluice/content';
import type { NextRow, PlacedLine } from '@sluice/core';

export interface InputFile {
  content: ContentStore;
  fileId: string;
  /** Breaks the reading off. */
  signal: AbortSignal;
}

/** All lines of an input file, as a stream. @throws ContentMissing */
export async function* readInput({ content, fileId, signal }: InputFile): AsyncGenerator<PlacedLine> {
  for await (const line of readLines(await content.read(fileId), { bytesMax: batchLineBytesMax })) {
    signal.throwIfAborted();
    yield line;
  }
}

/** Lines that stand this close together are read in one go, with what is between them. */
const gapMax = 64 * 1024;

/** The lines of some rows, in their order. Rows come in the order of the file, mostly one behind the other. */
export async function readRowLines(content: ContentStore, fileId: string, rows: NextRow[]): Promise<string[]> {
  const lines: string[] = [];
  for (const group of groupRows(rows)) {
    const start = group[0]?.position ?? 0;
    const end = Math.max(...group.map(({ position, length }) => position + length));
    const bytes = await buffer(await content.read(fileId, { start, length: end - start }));
    lines.push(...group.map(({ position, length }) => bytes.toString('utf8', position - start, position - start + length)));
  }
  return lines;
}

/** Neighbours together, so that few ranges are read and little for nothing. */
export function groupRows<Row extends Pick<NextRow, 'position' | 'length'>>(rows: Row[]): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const last = groups.at(-1)?.at(-1);
    if (last && row.position >= last.position && row.position - last.position - last.length <= gapMax) groups.at(-1)?.push(row);
    else groups.push([row]);
  }
  return groups;
}

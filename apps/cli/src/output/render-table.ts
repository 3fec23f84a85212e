import { cleanLine } from './clean-text.ts';

const cellMax = 60;

/** Columns with two spaces between them; wide East Asian characters count as two. */
export function renderTable(columns: string[], rows: Record<string, unknown>[]): string {
  const cells = rows.map((row) => columns.map((name) => clip(cleanLine(renderCell(row[name])))));
  const head = columns.map((name) => name.toUpperCase().replaceAll('_', ' '));
  const widths = head.map((title, i) => Math.max(widthOf(title), ...cells.map((line) => widthOf(line[i] ?? ''))));
  return [head, ...cells]
    .map(
      (line) =>
        line
          .map((cell, i) => pad(cell, widths[i] ?? 0))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('');
}

export function renderCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const clip = (text: string) => (text.length > cellMax ? `${text.slice(0, cellMax - 1)}…` : text);
const pad = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - widthOf(text)));

function widthOf(text: string): number {
  let width = 0;
  for (const letter of text)
    width += /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/.test(letter) ? 2 : 1;
  return width;
}

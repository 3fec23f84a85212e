/** What one row of a table can hold. */
export type Cell = string | number | null;

/**
 * Lines of CSV as RFC 4180 has it. A text that a spreadsheet would take for a formula gets an apostrophe in front, so that what
 * one user wrote cannot run on another one's machine.
 */
export function renderCsv(rows: Cell[][]): string {
  return rows.map((row) => `${row.map(renderCell).join(',')}\r\n`).join('');
}

function renderCell(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Spreadsheets write `;` where the comma separates decimals, and may say so themselves in a first line `sep=;`. */
const candidates = [',', ';', '\t', '|'];

/** What separates the columns of a CSV, by its first line: what it says, or what stands there most often outside of quotes. */
export function findDelimiter(head: string): string {
  const said = /^sep=(.)\r?\n/.exec(head)?.[1];
  if (said !== undefined) return said;
  const counts = candidates.map(() => 0);
  let isQuoted = false;
  for (const letter of head) {
    if (letter === '"') isQuoted = !isQuoted;
    if (letter === '\n' && !isQuoted) break;
    const i = isQuoted ? -1 : candidates.indexOf(letter);
    if (i >= 0) counts[i] = (counts[i] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  return most === 0 ? ',' : (candidates[counts.indexOf(most)] ?? ',');
}

/** The line that only says what the delimiter is. */
export const isDelimiterLine = (record: string[]): boolean => record[0] === 'sep=' && record.slice(1).every((cell) => cell === '');

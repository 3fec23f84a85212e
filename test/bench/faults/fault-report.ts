export interface FaultFigure {
  scenario: string;
  what: string;
  aim: string;
  measured: string;
  isGood: boolean;
}

/** The figures as a table. */
export function renderFigures(figures: FaultFigure[]): string {
  const rows = figures.map(({ scenario, what, aim, measured, isGood }) => [scenario, what, aim, measured, isGood ? 'yes' : 'NO']);
  const all = [['', 'what', 'aim', 'measured', 'met'], ...rows];
  const widths = all[0]?.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0))) ?? [];
  const lines = all.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`);
  return [lines[0], `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.slice(1)].join('\n');
}

/** A figure that is to be at most so much. */
export function atMost(scenario: string, what: string, most: number, measured: number): FaultFigure {
  return { scenario, what, aim: `at most ${render(most)}`, measured: render(measured), isGood: measured <= most };
}

export function exactly(scenario: string, what: string, aim: number, measured: number): FaultFigure {
  return { scenario, what, aim: render(aim), measured: render(measured), isGood: measured === aim };
}

export function atLeast(scenario: string, what: string, least: number, measured: number): FaultFigure {
  return { scenario, what, aim: `at least ${render(least)}`, measured: render(measured), isGood: measured >= least };
}

const render = (figure: number): string => String(Math.round(figure * 1000) / 1000);

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './quantiles.ts';

/** What the figures are to be: at least or at most so much, absolutely or as a share of another side's. */
interface Aim {
  kind: 'at-least' | 'at-most';
  value: number;
  of: 'direct' | 'baseline' | 'absolute';
}

interface Row {
  metric: string;
  unit: string;
  /** Every round's figure, by the side's name. */
  figures: Record<string, number[]>;
  aim: Aim | null;
}

export interface Report {
  add(metric: string, unit: string, side: string, figure: number): void;
  aim(metric: string, aim: Aim): void;
  print(): void;
  /** Writes every round's figures, with the machine they come from; answers the file's path. */
  save(settings: object): string;
}

const sides = ['direct', 'baseline', 'sluice'];

/** Collects figures and shows their medians, side by side. */
export function createReport(): Report {
  const rows = new Map<string, Row>();
  const startedAt = new Date();
  return {
    add(metric, unit, side, figure) {
      const row = rows.get(metric) ?? { metric, unit, figures: {}, aim: null };
      rows.set(metric, row);
      (row.figures[side] ??= []).push(figure);
      console.error(`  ${metric}, ${side}: ${format(figure)} ${unit}`);
    },
    aim(metric, aim) {
      const row = rows.get(metric);
      if (row) row.aim = aim;
    },
    print: () => console.log(renderTable([...rows.values()])),
    save(settings) {
      const dir = join(import.meta.dirname, 'results');
      mkdirSync(dir, { recursive: true });
      const path = join(dir, `${startedAt.toISOString().replaceAll(':', '-')}.json`);
      const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version };
      const results = [...rows.values()].map((row) => ({ ...row, medians: mediansOf(row) }));
      writeFileSync(path, `${JSON.stringify({ startedAt, machine, settings, results }, null, 2)}\n`);
      return path;
    },
  };
}

function mediansOf({ figures }: Row): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([side, values]) => [side, median(values)]));
}

function renderTable(rows: Row[]): string {
  const lines = rows.map((row) => {
    const medians = mediansOf(row);
    const ratio = (medians['sluice'] ?? NaN) / (medians['baseline'] ?? NaN);
    return [
      row.metric,
      row.unit,
      ...sides.map((side) => format(medians[side])),
      Number.isFinite(ratio) ? `${ratio.toFixed(2)}x` : '',
      renderAim(row, medians),
    ];
  });
  const table = [['', '', ...sides, 'sluice/baseline', 'aim'], ...lines];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  const isText = (column: number) => column < 2 || column === 6;
  return table
    .map((line) =>
      line
        .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function renderAim({ aim }: Row, medians: Record<string, number>): string {
  if (!aim) return '';
  const { kind, value, of } = aim;
  const figure = (medians['sluice'] ?? NaN) / (of === 'absolute' ? 1 : (medians[of] ?? NaN));
  const isMet = kind === 'at-least' ? figure >= value : figure <= value;
  const wanted = `${kind === 'at-least' ? '>=' : '<='} ${value}${of === 'absolute' ? '' : ` of ${of}`}`;
  return `${wanted} ${isMet ? 'met' : `MISSED${of === 'absolute' ? '' : `: ${figure.toFixed(2)}`}`}`;
}

function format(figure: number | undefined): string {
  if (figure === undefined || Number.isNaN(figure)) return '-';
  if (Math.abs(figure) >= 100) return Math.round(figure).toLocaleString('en');
  return figure.toFixed(Math.abs(figure) >= 10 ? 1 : 2);
}

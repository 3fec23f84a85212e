import { renderUnits, type Units } from '../batch/credits.ts';
import type { Terminal } from '../terminal.ts';

export interface Progress {
  done: number;
  failed: number;
  total: number;
  tokens: number;
  spent: Units;
  cap: string | null;
}

export interface ProgressBar {
  show(progress: Progress): void;
  /** Takes the bar away, so that what is said next stands on a line of its own. */
  close(): void;
}

const barCells = 24;
const barCellsMin = 5;
const drawEveryMs = 100;
const tellEveryMs = 10_000;

/** A bar on a terminal; else a line of JSON every ten seconds. */
export function createProgressBar({ stderr }: Terminal, now: () => number = () => performance.now()): ProgressBar {
  const startedAt = now();
  const isTerminal = stderr.isTTY === true;
  let first: Progress | null = null;
  let shownAt = isTerminal ? -Infinity : startedAt;
  let hasBar = false;
  return {
    show(progress) {
      first ??= progress;
      const at = now();
      const isLast = progress.done === progress.total;
      if (at - shownAt < (isTerminal ? drawEveryMs : tellEveryMs) && !(isLast && isTerminal)) return;
      shownAt = at;
      const perS = ((progress.done - first.done) * 1000) / Math.max(1, at - startedAt);
      if (isTerminal) stderr.write(`\r${renderBar(progress, perS, stderr.columns || 80)}\u001B[K`);
      else stderr.write(`${renderLine(progress, perS)}\n`);
      hasBar = isTerminal;
    },
    close() {
      if (hasBar) stderr.write('\n');
      hasBar = false;
    },
  };
}

/** Fits into the line: first the bar gives way, then what matters least. */
function renderBar({ done, failed, total, tokens, spent, cap }: Progress, perS: number, columns: number): string {
  const cost = cap === null ? renderUnits(spent) : `${renderUnits(spent)}/${cap}`;
  const eta = perS > 0 ? renderTime((total - done) / perS) : '--:--';
  const text = `${done}/${total}, ${failed} failed  ${cost} credits  ETA ${eta}  ${perS.toFixed(1)} rows/s  ${tokens} tokens`;
  const cells = Math.min(barCells, columns - text.length - '[] '.length - 1);
  if (cells < barCellsMin) return text.slice(0, columns - 1);
  const full = total === 0 ? cells : Math.round((cells * done) / total);
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}] ${text}`;
}

function renderLine({ done, failed, total, tokens, spent, cap }: Progress, perS: number): string {
  const etaS = perS > 0 ? Math.round((total - done) / perS) : null;
  return JSON.stringify({
    done,
    failed,
    total,
    rows_per_s: Number(perS.toFixed(1)),
    eta_s: etaS,
    tokens,
    cost: renderUnits(spent),
    max_cost: cap,
  });
}

function renderTime(seconds: number): string {
  const s = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

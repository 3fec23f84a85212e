import { AppError } from '@sluice/platform';

/** A time to report on: `from` is in it, `to` is not. */
export interface UsageWindow {
  from: Date;
  to: Date;
}

const dayMs = 86_400_000;
const defaultDays = 30;
const daysMax = 366;

/**
 * The window a caller asked for: up to now unless told, and 30 days long. It never reaches into the future, so that an export
 * that is read page by page does not meet rows that were not there at its start.
 * @throws AppError `invalid_request` when it ends before it begins or is longer than 366 days
 */
export function usageWindow({ from, to }: { from?: string | undefined; to?: string | undefined }, now: Date): UsageWindow {
  const end = new Date(Math.min(to === undefined ? Infinity : Date.parse(to), now.getTime()));
  const begin = from === undefined ? new Date(end.getTime() - defaultDays * dayMs) : new Date(from);
  if (begin > end) throw wrongWindow('must be before `to`, and not in the future');
  if (end.getTime() - begin.getTime() > daysMax * dayMs) throw wrongWindow(`must be at most ${daysMax} days before \`to\``);
  return { from: begin, to: end };
}

function wrongWindow(message: string): AppError {
  return new AppError('invalid_request', `from: ${message}`, { param: 'from', faults: [{ path: 'from', message }] });
}

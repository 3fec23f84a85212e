import type { Logger } from '@sluice/platform';

/** What BullMQ reports when a message was flushed or taken over. Rows decide who may write, so it is no fault. */
const expected = /could not renew lock|missing lock|missing key|lock mismatch|not in the active state/i;

/**
 * A listener for 'error' events that never floods the log: an outage makes every command of every queue fail, and BullMQ
 * repeats itself. The first of a kind is a warning, the rest of `everyMs` are counted and reported with the next one.
 */
export function createQuietLog(log: Logger, everyMs = 10_000): (error: unknown) => void {
  const kinds = new Map<string, { saidAt: number; unsaid: number }>();
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (expected.test(message)) return log.debug({ err: error }, 'message lost its lock');
    const name = messageKind(error);
    const kind = kinds.get(name) ?? { saidAt: -Infinity, unsaid: 0 };
    kinds.set(name, kind);
    if (performance.now() - kind.saidAt < everyMs) return void (kind.unsaid += 1);
    log.warn({ err: error, repeated: kind.unsaid }, 'queue connection fault');
    kind.saidAt = performance.now();
    kind.unsaid = 0;
  };
}

/** Few and stable, whatever ids and times a message carries. */
function messageKind(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

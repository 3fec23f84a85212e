import { compareEventIds, type EventPosition, type JobEndEvent, type JobEvent, type JobEventEntry, type Usage } from '@sluice/contract';
import { positionOf } from './whole-read.ts';

/** Events and a reader as the tests of the log, the writer and the follower need them. */
export function startOf(attempt: number): JobEvent {
  return { type: 'attempt-start', attempt, provider: 'sim', model: 'echo' };
}

export function textOf(attempt: number, delta: string): JobEvent {
  return { type: 'text-delta', attempt, delta };
}

const usage: Usage = {
  input_tokens: 3,
  cached_input_tokens: 0,
  output_tokens: 5,
  reasoning_tokens: 0,
  total_tokens: 8,
  source: 'provider',
};

export function usageOf(attempt: number): JobEvent {
  return { type: 'usage', attempt, usage, finish_reason: 'stop' };
}

export function endOf(attempt: number, status: JobEndEvent['status'] = 'completed'): JobEndEvent {
  return { type: 'job-end', attempt, status, finish_reason: status === 'completed' ? 'stop' : null, usage, error: null };
}

/**
 * A reader as a client is one: it keeps the text, which an attempt-start resets. Throws on an entry that comes twice, out of
 * order, or behind a gap.
 */
export class TextReader {
  text = '';
  cursor: EventPosition | null = null;
  isEnded = false;

  take(entry: JobEventEntry): void {
    const position = positionOf(entry);
    this.checkOrder(position, entry);
    this.cursor = position;
    const { event } = entry;
    if (event.type === 'attempt-start') this.text = '';
    if (event.type === 'text-delta') this.text += event.delta;
    if (event.type === 'job-end') this.isEnded = true;
  }

  /** What a reader gets when the log is gone: the row. */
  takeRow(text: string): void {
    this.text = text;
    this.isEnded = true;
  }

  fork(): TextReader {
    return Object.assign(new TextReader(), { text: this.text, cursor: this.cursor, isEnded: this.isEnded });
  }

  private checkOrder(position: EventPosition, { id, event }: JobEventEntry): void {
    const { cursor } = this;
    if (!cursor) return;
    if (compareEventIds(position, cursor) <= 0) throw new Error(`${id} came after ${cursor.attempt}-${cursor.n}`);
    const isNext = position.attempt === cursor.attempt ? position.n === cursor.n + 1 : position.n === 0;
    if (!isNext && event.type !== 'attempt-start') throw new Error(`gap between ${cursor.attempt}-${cursor.n} and ${id}`);
  }
}

import { createParser } from 'eventsource-parser';
import { parseJson } from './json-object.ts';
import { ProviderFailure } from './provider-failure.ts';

/** The longest event that is taken: ten times the largest that vendors send, and small enough that hundreds at once do no harm. */
export const eventMaxLength = 1_000_000;
const headMaxLength = 16_384;

export interface SseEvent {
  /** True for `event: error`. */
  isError: boolean;
  data: string;
}

export interface SseReader {
  /**
   * Takes a piece of the body; answers the events it completed.
   * @throws ProviderFailure `malformed` when an event is longer than 1,000,000 characters
   */
  feed(bytes: Uint8Array): SseEvent[];
  /** The body is over: what stands behind the last line end counts when it is whole, as some servers leave out the last blank line. */
  end(): SseEvent[];
  /** True once `[DONE]` came; what follows it is dropped. */
  isDone(): boolean;
  /** The beginning of a body that held not one event, as text; null of one that did. */
  head(): string | null;
}

/** Cuts a body into events; however its bytes are cut, the events are the same. Comments and events without data are left out. */
export function createSseReader(): SseReader {
  const decoder = new TextDecoder();
  let events: SseEvent[] = [];
  let head: string | null = '';
  let isTooLong = false;
  let isDone = false;
  const parser = createParser({
    // "data: " stands in front of what may be as long as the limit.
    maxBufferSize: eventMaxLength + 16,
    onEvent({ event, data }) {
      if (data.length > eventMaxLength) isTooLong = true;
      if (isTooLong || isDone || data === '') return;
      if (data === '[DONE]') isDone = true;
      else events.push({ isError: event === 'error', data });
      head = null;
    },
    onError({ type }) {
      isTooLong ||= type === 'max-buffer-size-exceeded';
    },
  });

  function parse(text: string): SseEvent[] {
    events = [];
    if (!isTooLong) parser.feed(text);
    // Events that came before the long one are good, and are read first.
    if (isTooLong && events.length === 0)
      throw new ProviderFailure('malformed', 'The provider sent an event of more than 1,000,000 characters.');
    return events;
  }

  return {
    feed(bytes) {
      const text = decoder.decode(bytes, { stream: true });
      const completed = parse(text);
      if (head !== null && head.length < headMaxLength) head += text;
      return completed;
    },
    end: () => parse(`${decoder.decode()}\n\n`).filter(({ data }) => parseJson(data) !== undefined),
    isDone: () => isDone,
    head: () => head,
  };
}

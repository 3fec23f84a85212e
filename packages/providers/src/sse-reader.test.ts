import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseReader, eventMaxLength } from './sse-reader.ts';

/** Feeds a body in pieces that end at these places. */
function read(body: Uint8Array, cuts: number[] = []) {
  const reader = createSseReader();
  const places = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length];
  const events = places.slice(1).flatMap((end, i) => reader.feed(body.subarray(places[i], end)));
  return { events: [...events, ...reader.end()], reader };
}

const dataOf = (body: string) => read(Buffer.from(body)).events.map(({ data }) => data);

test.each([
  ['LF', 'data: 1\n\ndata: 2\n\n'],
  ['CRLF', 'data: 1\r\n\r\ndata: 2\r\n\r\n'],
  ['CR', 'data: 1\r\rdata: 2\r\r'],
  ['a mix of them', 'data: 1\r\n\ndata: 2\n\r\n'],
  ['no space', 'data:1\n\ndata:2\n\n'],
  ['a byte order mark', '\ufeffdata: 1\n\ndata: 2\n\n'],
  ['comments', ': hi\n\ndata: 1\n: there\n\n:\n\ndata: 2\n\n'],
  ['events without data', 'data:\n\ndata: 1\n\nevent: ping\n\ndata: 2\n\n'],
  ['other fields', 'id: 7\nretry: 10\nfoo: bar\ndata: 1\n\ndata: 2\n\n'],
  ['no blank line at the end', 'data: 1\n\ndata: 2'],
  ['half a chunk at the end', 'data: 1\n\ndata: 2\n\ndata: {"choices":[{"del'],
  ['more after [DONE]', 'data: 1\n\ndata: 2\n\ndata: [DONE]\n\ndata: [DONE]\n\ndata: 3\n\n'],
])('reads a stream with %s', (_what, body) => {
  expect(dataOf(body)).toEqual(['1', '2']);
});

test('the name of an error event is kept', () => {
  expect(read(Buffer.from('event: error\ndata: {}\n\n')).events).toEqual([{ isError: true, data: '{}' }]);
});

test('however the bytes are cut, the events are the same', () => {
  const body = Buffer.from(
    '\ufeffdata: {"a":"\u5b57\u{1f600}"}\r\n\r\n: keep-alive\r\n\r\nevent: error\ndata: 1\ndata: 2\n\ndata: [DONE]\n\ndata: 3\n\n',
  );
  const whole = read(body).events;
  expect(whole).toHaveLength(2);
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(read(body, cuts).events).toEqual(whole);
    }),
  );
});

test('a body of single bytes reads as if it had come at once', () => {
  const body = Buffer.from('data: "\u5b57\u{1f600}"\r\n\r\ndata: [DONE]\r\n\r\n');
  expect(read(body, [...body.keys()]).events).toEqual(read(body).events);
});

test.each([
  ['at once', []],
  ['in pieces', Array.from({ length: 100 }, (_, i) => i * 10_000)],
])('an event as long as the limit is taken, a longer one is not: %s', (_how, cuts) => {
  const bodyOf = (length: number) => Buffer.from(`data: "${'x'.repeat(length - 2)}"\n\n`);
  expect(read(bodyOf(eventMaxLength), cuts).events).toHaveLength(1);
  expect(() => read(bodyOf(eventMaxLength + 1), cuts)).toThrow('more than 1,000,000 characters');
});

test('a line without an end is given up, not gathered', () => {
  const reader = createSseReader();
  const megabyte = Buffer.from(`data: ${'x'.repeat(1_000_000)}`);
  expect(() => [1, 2, 3].map(() => reader.feed(megabyte))).toThrow('more than 1,000,000 characters');
});

test('what stands before a line that is too long is read first', () => {
  const reader = createSseReader();
  expect(reader.feed(Buffer.from(`data: 1\n\ndata: ${'x'.repeat(1_100_000)}`))).toEqual([{ isError: false, data: '1' }]);
  expect(() => reader.feed(Buffer.from('x'))).toThrow('more than 1,000,000 characters');
});

test('the beginning of a body without events is kept', () => {
  expect(read(Buffer.from('{"error":"no"}')).reader.head()).toBe('{"error":"no"}');
  expect(read(Buffer.from('data: 1\n\n')).reader.head()).toBeNull();
});

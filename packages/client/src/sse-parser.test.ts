import { expect, test } from 'vitest';
import { createSseParser, type SseFrame } from './sse-parser.ts';

const stream =
  '\uFEFF: hello\r\nid: 1-0\r\nevent: text-delta\r\ndata: {"a":\r\ndata: 1}\r\n\r\nid: 1-1\rdata:x\r\rdata\n\n: keep-alive\n\nevent: lost\ndata: unfinished\n';
const frames: SseFrame[] = [
  { id: '1-0', event: 'text-delta', data: '{"a":\n1}' },
  { id: '1-1', event: 'message', data: 'x' },
  { id: null, event: 'message', data: '' },
];

test('events are the same wherever the text is cut', () => {
  for (let at = 0; at <= stream.length; at += 1) {
    const parse = createSseParser();
    expect([...parse(stream.slice(0, at)), ...parse(stream.slice(at))]).toEqual(frames);
  }
});

test('a letter at a time gives the same events', () => {
  const parse = createSseParser();
  expect(stream.split('').flatMap((letter) => parse(letter))).toEqual(frames);
});

import type { JobEvent } from '@sluice/contract';
import { compileRules, type TextRules } from '@sluice/core';
import { beforeAll, expect, test } from 'vitest';
import { screenAnswer } from './screen-answer.ts';

type Event = Record<string, unknown> & { type: JobEvent['type'] };

let rules: TextRules | null;

beforeAll(async () => {
  const list = (action: 'mask' | 'block', words: string[]) => ({
    id: action,
    revision: '1',
    name: action,
    action,
    appliesTo: 'output' as const,
    words,
  });
  rules = await compileRules([list('mask', ['secret']), list('block', ['敏感词'])], () => undefined);
});

const say = (delta: string): Event => ({ type: 'text-delta', delta });
const think = (delta: string): Event => ({ type: 'reasoning-delta', delta });
const call = (args: string, index = 0): Event => ({ type: 'tool-delta', index, arguments: args });

function screen(...events: Event[]): { passed: Event[]; isBlocked: boolean } {
  const passed: Event[] = [];
  const answer = screenAnswer(rules, 1, ({ attempt: _attempt, ...event }) => passed.push(event));
  for (const event of events) answer.take({ ...event, attempt: 1 } as JobEvent);
  answer.end();
  return { passed, isBlocked: answer.isBlocked() };
}

test('text and reasoning are masked over deltas, and what one holds back goes before the other', () => {
  const { passed } = screen(think('a sec'), think('ret sec'), say('sec'), say('ret!'), say(' sec'));
  expect(passed).toEqual([think('a '), think('*** '), think('sec'), say('***!'), say(' '), say('sec')]);
});

test('text that is held back goes before the call of a tool', () => {
  expect(screen(say('Hold sec'), call('{}')).passed).toEqual([say('Hold '), say('sec'), call('{}')]);
});

test('arguments pass as they are, up to the piece that completes a word that blocks, however it is written', () => {
  expect(screen(call('{"a":"secret'), call('"}'))).toEqual({ passed: [call('{"a":"secret'), call('"}')], isBlocked: false });
  const pieces = [call('{"a":"敏'), call('other', 1), call('\\u611'), call('f\\u8bcd"}'), say('more')];
  expect(screen(...pieces)).toEqual({ passed: pieces.slice(0, 3), isBlocked: true });
  expect(screen(call('"\\\\u654f感词"'), say('fine'))).toEqual({ passed: [call('"\\\\u654f感词"'), say('fine')], isBlocked: false });
});

test('a word that blocks ends everything after it', () => {
  expect(screen(say('Before 敏'), say('感词 after'), think('more'), call('{}'))).toEqual({ passed: [say('Before ')], isBlocked: true });
});

test('without lists everything passes as it is', () => {
  rules = null;
  expect(screen(say('secret敏感词')).passed).toEqual([say('secret敏感词')]);
});

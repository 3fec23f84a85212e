import { createOutputFold, type EndStatus, type JobEvent, type ResponseEcho } from '@sluice/contract';
import { presentResponse } from '@sluice/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobEvents, withAgain } from '../jobs/answers.fixture.ts';
import { endedJob } from '../jobs/ended-job.fixture.ts';
import type { ResponseEvent } from './response-events.ts';
import { createResponseTranslator } from './response-stream.ts';

const echo = { instructions: null, store: true } as unknown as ResponseEcho;
const endings: EndStatus[] = ['completed', 'incomplete', 'failed', 'cancelled'];

function endOf(events: JobEvent[], status: EndStatus) {
  const fold = createOutputFold();
  for (const event of events) fold.add(event);
  const reason = status === 'incomplete' ? 'length' : 'stop';
  return endedJob({
    status,
    output: fold.render(reason),
    finishReason: reason,
    ...(status === 'failed' && { errorCode: 'provider_unavailable', errorMessage: 'Away.' }),
  });
}

function streamOf(events: JobEvent[], status: EndStatus = 'completed', isBackground = true): ResponseEvent[] {
  const ended = { ...endOf(events, status), isBackground };
  const translator = createResponseTranslator({
    response: { job: { ...ended, status: 'queued', output: null }, echo },
    failureStyle: 'error-event',
  });
  return [...translator.begin(), ...events.flatMap((event) => translator.next(event)), ...translator.end(ended)];
}

/** Everything that a strict client checks while it reads; throws where it would. */
function readStrictly(events: ResponseEvent[]): Map<string, string> {
  const open = new Map<number, { id: string; parts: number }>();
  const texts = new Map<string, string>();
  const ids = new Set<string>();
  events.forEach((event, i) => {
    expect(event.sequence_number).toBe(i);
    if (i === 0) expect(event.type).toBe('response.created');
    if (event.type === 'response.output_item.added') {
      expect(event.output_index).toBe(ids.size);
      expect(ids).not.toContain(event.item.id);
      ids.add(event.item.id);
      open.set(event.output_index, { id: event.item.id, parts: 0 });
    } else if (event.type === 'response.output_item.done') {
      expect(open.get(event.output_index)?.id).toBe(event.item.id);
      open.delete(event.output_index);
    } else if ('item_id' in event) {
      const item = open.get(event.output_index);
      expect(item?.id).toBe(event.item_id);
      if (item && event.type.endsWith('part.added')) item.parts += 1;
      if (event.type.includes('text')) expect(item?.parts).toBe(1);
      if ('delta' in event) {
        expect(event.delta).not.toBe('');
        texts.set(event.item_id, (texts.get(event.item_id) ?? '') + event.delta);
      }
      const whole = 'text' in event ? event.text : 'arguments' in event ? event.arguments : null;
      if (whole !== null) expect(texts.get(event.item_id) ?? '').toBe(whole);
    }
  });
  expect(open.size).toBe(0);
  const types = events.map(({ type }) => type);
  expect(types.filter((type) => /^response\.(completed|incomplete|failed)$/.test(type))).toEqual([types.at(-1)]);
  return texts;
}

describe('any mixture of deltas, attempts and endings', () => {
  test('keeps the rules of the stream', () => {
    fc.assert(
      fc.property(jobEvents, fc.constantFrom(...endings), fc.boolean(), (events, status, isBackground) => {
        readStrictly(streamOf(events, status, isBackground));
      }),
    );
  });

  test('is told the same, byte for byte, whenever it is read again', () => {
    fc.assert(
      fc.property(jobEvents, fc.constantFrom(...endings), (events, status) => {
        expect(JSON.stringify(streamOf(events, status))).toBe(JSON.stringify(streamOf(events, status)));
      }),
    );
  });

  test('ends with the response as it is retrieved', () => {
    fc.assert(
      fc.property(jobEvents, fc.constantFrom(...endings), (events, status) => {
        expect(streamOf(events, status).at(-1)).toMatchObject({ response: presentResponse(endOf(events, status), echo) });
      }),
    );
  });

  test('adds up to the texts of the last items, which are those of the response', () => {
    fc.assert(
      fc.property(withAgain, ({ events, again }) => {
        const texts = readStrictly(streamOf([...events, ...again]));
        const { output } = presentResponse(endOf(again, 'completed'), echo);
        for (const item of output) {
          if (item.type === 'message') expect(texts.get(item.id)).toBe(item.content[0]?.text);
          if (item.type === 'function_call') expect(texts.get(item.id) ?? '').toBe(item.arguments);
        }
      }),
    );
  });
});

const start: JobEvent = { type: 'attempt-start', attempt: 1, provider: 'p', model: 'm' };
const text = (delta: string, attempt = 1): JobEvent => ({ type: 'text-delta', attempt, delta });
const typesOf = (events: ResponseEvent[]) => events.map(({ type }) => type.replace(/^response\./, ''));

test('one text is told in the order that clients know', () => {
  expect(typesOf(streamOf([start, text('Hi '), text('there.')]))).toEqual([
    'created',
    'queued',
    'in_progress',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'completed',
  ]);
});

test('a foreground response is never shown as queued for long', () => {
  expect(typesOf(streamOf([start, text('Hi')], 'completed', false)).slice(0, 2)).toEqual(['created', 'in_progress']);
});

test('the first events show an open response, whenever they are read', () => {
  const [created, queued, taken] = streamOf([start, text('Hi')]);
  for (const event of [created, queued])
    expect(event).toMatchObject({ response: { status: 'queued', output: [], usage: null, completed_at: null } });
  expect(taken).toMatchObject({ response: { status: 'in_progress', output: [], usage: null, completed_at: null } });
});

test('text that another attempt takes back stays as a broken item, and the answer is the next one', () => {
  const events = streamOf([start, text('Par'), { ...start, attempt: 2 }, text('London', 2)]);
  const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
  expect(done).toMatchObject([
    { status: 'incomplete', content: [{ text: 'Par' }] },
    { status: 'completed', content: [{ text: 'London' }] },
  ]);
});

test('a failure is told by an error event that both kinds of clients read, then by response.failed', () => {
  const events = streamOf([start, text('Hi')], 'failed');
  const words = { type: 'server_error', code: 'server_error', message: 'Away.', param: null };
  expect(events.at(-2)).toMatchObject({ type: 'error', code: 'server_error', message: 'Away.', param: null, error: words });
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: words } });
});

test('a cancel is no error: the stream ends with response.failed and the status cancelled', () => {
  const types = typesOf(streamOf([start, text('Hi')], 'cancelled'));
  expect(types).not.toContain('error');
  expect(streamOf([start, text('Hi')], 'cancelled').at(-1)).toMatchObject({
    type: 'response.failed',
    response: { status: 'cancelled', error: null, usage: null },
  });
});

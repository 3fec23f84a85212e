import { createOutputFold, type JobEvent, type JobOutput } from '@sluice/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobEvents, withAgain } from './answers.fixture.ts';
import { createTellOnce, type Told } from './tell-once.ts';

/** What somebody ends up with who only ever adds to what they have, and starts anew when told to. */
function hear(told: Told[]): { text: string; reasoning: string; calls: string[] } {
  let [text, reasoning, calls] = ['', '', new Map<number, string>()];
  for (const item of told) {
    if (item.type === 'anew') [text, reasoning, calls] = ['', '', new Map<number, string>()];
    else if (item.type === 'text') text += item.delta;
    else if (item.type === 'reasoning') reasoning += item.delta;
    else calls.set(item.rank, (calls.get(item.rank) ?? `${item.name}(`) + item.delta);
  }
  return { text, reasoning, calls: [...calls.entries()].toSorted(([a], [b]) => a - b).map(([, call]) => call) };
}

function outputOf(events: JobEvent[]): JobOutput {
  const fold = createOutputFold();
  for (const event of events) fold.add(event);
  return fold.render('stop');
}

function tellAll(events: JobEvent[], output: JobOutput): Told[] {
  const once = createTellOnce();
  return [...events.flatMap((event) => once.tell(event)), ...once.end(output)];
}

const shown = ({ text, reasoning, tool_calls: calls }: JobOutput) => ({
  text,
  reasoning: reasoning ?? '',
  calls: calls.map(({ name, arguments: args }) => `${name}(${args}`),
});

test('whoever adds up what they are told has the answer, however often it was begun', () => {
  fc.assert(
    fc.property(jobEvents, (events) => {
      const output = outputOf(events);
      expect(hear(tellAll(events, output))).toEqual(shown(output));
    }),
  );
});

test('an answer that is said again, cut in any other way, is not told again', () => {
  fc.assert(
    fc.property(withAgain, ({ events, again }) => {
      const told = tellAll([...events, ...again], outputOf(again));
      expect(told.filter(({ type }) => type === 'anew')).toEqual([]);
      expect(hear(told)).toEqual(shown(outputOf(again)));
    }),
  );
});

test('an attempt that says less than was told is told anew at its end', () => {
  const start: JobEvent = { type: 'attempt-start', attempt: 1, provider: 'p', model: 'm' };
  const events: JobEvent[] = [
    start,
    { type: 'text-delta', attempt: 1, delta: 'Paris' },
    { ...start, attempt: 2 },
    { type: 'text-delta', attempt: 2, delta: 'Par' },
  ];
  expect(tellAll(events, outputOf(events))).toEqual([{ type: 'text', delta: 'Paris' }, { type: 'anew' }, { type: 'text', delta: 'Par' }]);
});

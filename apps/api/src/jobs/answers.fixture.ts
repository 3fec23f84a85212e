import type { JobEvent } from '@sluice/contract';
import fc from 'fast-check';

interface Call {
  id: string;
  name: string;
  arguments: string;
}

/** An answer as a model may give it. */
interface Answer {
  reasoning: string;
  text: string;
  calls: Call[];
}

const words = fc.string({ unit: 'grapheme', maxLength: 12 });

const answer: fc.Arbitrary<Answer> = fc
  .record({
    reasoning: words,
    text: words,
    calls: fc.array(fc.record({ name: fc.constantFrom('look', 'find'), arguments: words }), { maxLength: 3 }),
  })
  .map(({ calls, ...rest }) => ({ ...rest, calls: calls.map((call, i) => ({ ...call, id: `call_${i}` })) }));

/** Some numbers, used up one after the other, to decide where to cut and whose turn it is. */
const dice = fc.array(fc.nat(1000), { minLength: 8, maxLength: 64 });

function roller(rolls: number[]): (sides: number) => number {
  let at = 0;
  return (sides) => (rolls[at++ % rolls.length] ?? 0) % sides;
}

type Delta = Extract<JobEvent, { type: 'text-delta' | 'reasoning-delta' | 'tool-delta' }>;

/** Cuts a text into pieces, some of them empty. */
function cut(text: string, roll: (sides: number) => number): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== '';) {
    if (roll(4) === 0) pieces.push('');
    const length = 1 + roll(4);
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return pieces;
}

/** The deltas of an answer: each thing in order within itself, all of them mixed; calls begin in the order of their index. */
function deltasOf({ reasoning, text, calls }: Answer, attempt: number, rolls: number[]): Delta[] {
  const roll = roller(rolls);
  const strands: Delta[][] = [
    cut(reasoning, roll).map((delta) => ({ type: 'reasoning-delta', attempt, delta })),
    cut(text, roll).map((delta) => ({ type: 'text-delta', attempt, delta })),
    ...calls.map(({ id, name, arguments: args }, index): Delta[] => [
      { type: 'tool-delta', attempt, index, id, name, arguments: '' },
      ...cut(args, roll).map((piece): Delta => ({ type: 'tool-delta', attempt, index, arguments: piece })),
    ]),
  ];
  const mixed: Delta[] = [];
  for (let callsBegun = 0; ;) {
    const ready = strands.filter((strand, i) => strand.length > 0 && i - 2 <= callsBegun);
    const next = ready[roll(ready.length || 1)];
    const delta = next?.shift();
    if (!delta) return mixed;
    if (delta.type === 'tool-delta' && delta.id) callsBegun += 1;
    mixed.push(delta);
  }
}

const startOf = (attempt: number): JobEvent => ({ type: 'attempt-start', attempt, provider: 'p', model: 'm' });

/** The log of a job that was attempted up to three times: all but the last attempt broke off somewhere. */
export const jobEvents: fc.Arbitrary<JobEvent[]> = fc
  .array(fc.record({ answer, rolls: dice, kept: fc.nat(20) }), { minLength: 1, maxLength: 3 })
  .map((attempts) =>
    attempts.flatMap(({ answer: said, rolls, kept }, i) => {
      const deltas = deltasOf(said, i + 1, rolls);
      return [startOf(i + 1), ...(i < attempts.length - 1 ? deltas.slice(0, kept) : deltas)];
    }),
  );

/** An attempt that broke off somewhere, and one that says the same from the start, cut and mixed in another way. */
export const withAgain: fc.Arbitrary<{ events: JobEvent[]; again: JobEvent[] }> = fc
  .record({ answer, first: dice, second: dice, kept: fc.nat(40) })
  .map(({ answer: said, first, second, kept }) => ({
    events: [startOf(1), ...deltasOf(said, 1, first).slice(0, kept)],
    again: [startOf(2), ...deltasOf(said, 2, second)],
  }));

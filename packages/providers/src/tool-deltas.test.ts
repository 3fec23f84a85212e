import { expect, test } from 'vitest';
import type { ToolDelta } from './chunk-events.ts';
import { createToolDeltas } from './tool-deltas.ts';

const delta = (more: Partial<ToolDelta>): ToolDelta => ({ index: null, id: '', name: '', arguments: '', ...more });

function take(deltas: ToolDelta[]) {
  const tools = createToolDeltas();
  return [...deltas.flatMap((one) => tools.take(one)), ...tools.end()];
}

const shown = (deltas: ToolDelta[]) => take(deltas).map(({ index, arguments: text }) => `${index}:${text}`);

test('id and name are told once, however often they are repeated', () => {
  expect(take([delta({ index: 0, id: 'a', name: 'f' }), delta({ index: 0, id: 'a', name: 'f', arguments: '{}' })])).toEqual([
    { type: 'tool-delta', index: 0, id: 'a', name: 'f', arguments: '' },
    { type: 'tool-delta', index: 0, arguments: '{}' },
  ]);
});

test('without indexes a new id is a new call, and no id goes on with the latest', () => {
  const deltas = [
    delta({ id: 'a', name: 'f', arguments: '1' }),
    delta({ arguments: '2' }),
    delta({ id: 'b', name: 'g', arguments: '3' }),
    delta({ arguments: '4' }),
    delta({ id: 'a', arguments: '5' }),
  ];
  expect(shown(deltas)).toEqual(['0:1', '0:2', '1:3', '1:4', '0:5']);
});

test('arguments that are cut inside a surrogate pair are joined, each call for itself', () => {
  const deltas = [
    delta({ index: 0, arguments: 'x\ud83d' }),
    delta({ index: 1, arguments: 'y' }),
    delta({ index: 0, arguments: '\ude00' }),
    delta({ index: 1, arguments: '\ud83d' }),
  ];
  expect(shown(deltas)).toEqual(['0:x', '1:y', '0:\u{1f600}', '1:\ufffd']);
});

test('a delta that adds nothing is left out', () => {
  expect(take([delta({ index: 0, id: 'a' }), delta({ index: 0 })])).toHaveLength(1);
});

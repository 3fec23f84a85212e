import { toStorable } from '@sluice/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStorableText } from './storable-text.ts';

function joined(deltas: string[]): string {
  const text = createStorableText();
  return deltas.map((delta) => text.push(delta)).join('') + text.end();
}

/** Deltas of letters, halves of surrogate pairs and NUL. */
const deltas = fc.array(
  fc.array(fc.constantFrom('a', '\u5b57', '\ud83d', '\ude00', '\u0000', '\ud800', '\udfff')).map((units) => units.join('')),
);

test('a surrogate pair cut over two deltas is joined', () => {
  const text = createStorableText();
  expect([text.push('a\ud83d'), text.push('\ude00b'), text.end()]).toEqual(['a', '\u{1f600}b', '']);
});

test('a half that stays alone becomes U+FFFD, in the middle and at the end', () => {
  expect(joined(['a\ud83d', 'b', '\ude00', 'c\ud83d'])).toBe('a\ufffdb\ufffdc\ufffd');
});

test('NUL becomes U+FFFD', () => {
  expect(joined(['a\u0000b'])).toBe('a\ufffdb');
});

test('however a text is cut into deltas, it comes out as if it had come at once', () => {
  fc.assert(
    fc.property(deltas, (cut) => {
      expect(joined(cut)).toBe(toStorable(cut.join('')));
    }),
  );
});

test('every delta is storable by itself', () => {
  fc.assert(
    fc.property(deltas, (cut) => {
      const text = createStorableText();
      for (const delta of [...cut.map((one) => text.push(one)), text.end()]) expect(toStorable(delta)).toBe(delta);
    }),
  );
});

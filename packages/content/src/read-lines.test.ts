import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines, type Line } from './read-lines.ts';

async function* inChunks(bytes: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes.length > 0 ? (sizes[i % sizes.length] as number) : bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(text: string | Buffer, { bytesMax = 1000, sizes = [] as number[] } = {}): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(inChunks(Buffer.from(text), sizes), { bytesMax })) lines.push(line);
  return lines;
}

const textsOf = (lines: Line[]) => lines.map(({ bytes }) => bytes?.toString() ?? null);

test.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\nb', ['a', 'b']],
  ['a\r\nb\r\n', ['a', 'b']],
  ['\n\na\n', ['', '', 'a']],
  ['\ufeffa\nb', ['a', 'b']],
  ['a\n\ufeffb', ['a', '\ufeffb']],
])('%j', async (text, lines) => {
  expect(textsOf(await linesOf(text))).toEqual(lines);
});

test('position and length find each line again in the content, however it is cut into chunks', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, '').replace(/^\ufeff/, ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (texts, end, hasMark, sizes) => {
        const content = Buffer.from(`${hasMark ? '\ufeff' : ''}${texts.join(end)}${end}`);
        const lines = await linesOf(content, { sizes });
        expect(textsOf(lines)).toEqual(texts);
        expect(lines.map(({ position, length }) => content.subarray(position, position + length).toString())).toEqual(texts);
        expect(lines.map(({ number }) => number)).toEqual(texts.map((_, i) => i + 1));
      },
    ),
  );
});

test('a line that is too long is told of, not kept, and those behind it are read', async () => {
  const lines = await linesOf(`a\n${'x'.repeat(50)}\nb`, { bytesMax: 10, sizes: [7] });
  expect(textsOf(lines)).toEqual(['a', null, 'b']);
  expect(lines[2]).toMatchObject({ number: 3, position: 53, length: 1 });
});

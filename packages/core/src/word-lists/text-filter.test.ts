import { expect, test } from 'vitest';
import { buildAutomaton, type Pattern } from './automaton.ts';
import { foldCharacter, foldText } from './fold-text.ts';
import { createTextFilter } from './text-filter.ts';

const noPause = () => Promise.resolve();

type Words = Partial<Record<Pattern['action'], string[]>>;

const patternsOf = ({ mask = [], block = [] }: Words): Pattern[] => [
  ...mask.map((word) => ({ text: foldText(word), action: 'mask' as const, list: 0 })),
  ...block.map((word) => ({ text: foldText(word), action: 'block' as const, list: 1 })),
];

async function filterOf(words: Words) {
  const automaton = await buildAutomaton(patternsOf(words), noPause);
  return (...pieces: string[]) => {
    const found: number[] = [];
    const filter = createTextFilter(automaton, (list) => found.push(list));
    const given = [...pieces.map((piece) => filter.push(piece)), filter.end()];
    return { text: given.join(''), given, isBlocked: filter.isBlocked(), found };
  };
}

/** The same by looking for every word at every place: what the filter has to agree with. */
function filterNaively(words: Words, text: string): { text: string; isBlocked: boolean } {
  const characters = Array.from(text);
  const units = characters.map(foldCharacter);
  const isMasked = characters.map(() => false);
  const isJoined = characters.map(() => false);
  let end = characters.length;
  let isBlocked = false;
  for (let last = 0; last < characters.length && !isBlocked; last += 1) {
    const startOf = (list: string[]) => Math.min(...list.map((word) => findEnding(units, foldText(word), last)));
    const blockStart = startOf(words.block ?? []);
    const maskStart = startOf(words.mask ?? []);
    if (blockStart <= last) [isBlocked, end] = [true, blockStart];
    else for (let at = maskStart; at <= last; at += 1) [isMasked[at], isJoined[at]] = [true, isJoined[at] || at > maskStart];
  }
  let result = '';
  for (let at = 0; at < end; at += 1) {
    if (!isMasked[at]) result += characters[at];
    else if (at === 0 || !isJoined[at]) result += '***';
  }
  return { text: result, isBlocked };
}

/** Where a word begins that ends with this character; Infinity when it does not end there. */
function findEnding(units: string[], word: string, last: number): number {
  if (
    units[last] === '' ||
    !units
      .slice(0, last + 1)
      .join('')
      .endsWith(word)
  )
    return Infinity;
  let at = last;
  for (let length = units[at]?.length ?? 0; length < word.length; length += units[at]?.length ?? 0) at -= 1;
  return at;
}

const random = (max: number): number => Math.floor(Math.random() * max);
const pick = <Item>(items: Item[]): Item => items[random(items.length)] as Item;
const alphabet = ['a', 'b', 'A', 'ａ', 'c', '敏', '感', '词', 'é', 'e', '\u0301', 'ß', 's', 'ﬁ', 'i', '\u200b', '😀', 'が', 'か', 'ｶ'];
const randomText = (length: number): string => Array.from({ length }, () => pick(alphabet)).join('');

function cut(text: string): string[] {
  const pieces: string[] = [''];
  for (const character of text) {
    if (random(3) === 0) pieces.push('');
    pieces.push((pieces.pop() ?? '') + character);
  }
  return pieces;
}

test('however a text is cut, it comes out as looking for every word at every place would have it', async () => {
  for (let round = 0; round < 400; round += 1) {
    const wordsOf = (count: number) =>
      Array.from({ length: random(count) }, () => randomText(1 + random(4))).filter((word) => foldText(word) !== '');
    const words = { mask: wordsOf(6), block: round % 2 === 0 ? wordsOf(3) : [] };
    const filter = await filterOf(words);
    for (let i = 0; i < 5; i += 1) {
      const text = randomText(random(30));
      const expected = filterNaively(words, text);
      const pieces = cut(text);
      expect({ words, pieces, ...filter(...pieces) }).toMatchObject({ words, pieces, ...expected });
      expect(filter(text)).toMatchObject(expected);
    }
  }
});

test('letters are compared without case, width, and ways to write them', async () => {
  const filter = await filterOf({ mask: ['Bad Word', '敏感词', 'Straße', 'café', 'ガ'] });
  expect(filter('a BAD WORD, ｂａｄ　ｗｏｒｄ').text).toBe('a ***, ***');
  expect(filter('STRASSE CAFE\u0301 caf\u00e9 ｶﾞ').text).toBe('*** *** *** ***');
  expect(filter('这是敏\u200b感\u00ad词。').text).toBe('这是***。');
  expect(filter('cafe').text).toBe('cafe');
});

test('words that overlap are one mask, and words side by side are two', async () => {
  const filter = await filterOf({ mask: ['abc', 'cde', 'xy'] });
  expect(filter('1abcde2').text).toBe('1***2');
  expect(filter('xyxy').text).toBe('******');
});

test('only the beginning of a word that is still open is held back', async () => {
  const filter = await filterOf({ mask: ['hello world'] });
  expect(filter('say he', 'llo', ' there', ' hello world', '!').given).toEqual(['say ', '', 'hello there', ' ***', '!', '']);
});

test('what comes before a blocked word is kept, and nothing after it', async () => {
  const filter = await filterOf({ mask: ['fine'], block: ['stop'] });
  expect(filter('fine so far st', 'op and more', ' fine')).toMatchObject({ text: '*** so far ', isBlocked: true, found: [0, 1] });
});

test('100,000 words take little memory, and a text as long as it is', { timeout: 60_000 }, async () => {
  const letter = () => (random(2) ? String.fromCharCode(0x4e00 + random(3000)) : String.fromCharCode(97 + random(26)));
  const words = Array.from({ length: 100_000 }, () => Array.from({ length: 2 + random(10) }, letter).join(''));
  const automaton = await buildAutomaton(patternsOf({ mask: words }), noPause);
  expect(automaton.states).toBeLessThan(700_000);
  const chosen = words[random(words.length)] as string;
  const filter = createTextFilter(automaton, () => undefined);
  expect(filter.push(`— ${chosen} —`) + filter.end()).not.toContain(chosen);
});

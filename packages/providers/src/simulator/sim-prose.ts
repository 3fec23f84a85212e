import { createRandom, hashText } from './sim-random.ts';

interface Phrases {
  openings: string[];
  subjects: string[];
  verbs: string[];
  objects: string[];
  join: string;
  stop: string;
}

const english: Phrases = {
  openings: [
    'In short,',
    'In practice,',
    'As a rule,',
    'At first sight,',
    'More often than not,',
    'Seen from afar,',
    'To begin with,',
    'Even so,',
  ],
  subjects: [
    'the answer',
    'a careful plan',
    'every good queue',
    'the simplest design',
    'a patient reader',
    'the older system',
    'one clear number',
    'the second attempt',
  ],
  verbs: ['depends on', 'makes room for', 'says little about', 'rests on', 'is worth more than', 'hides', 'explains', 'outlives'],
  objects: [
    'what was asked',
    'the order of the steps',
    'a quiet afternoon',
    'the shape of the data',
    'a few honest measurements',
    'its smallest part',
    'the people who use it',
    'the cost of waiting',
  ],
  join: ' ',
  stop: '. ',
};

const chinese: Phrases = {
  openings: ['简单来说,', '实际上,', '一般而言,', '首先,', '换个角度看,', '更常见的是,', '不过,', '归根结底,'],
  subjects: ['这个答案', '一个周密的计划', '好的队列', '最简单的设计', '耐心的读者', '旧的系统', '一个清楚的数字', '第二次尝试'],
  verbs: ['取决于', '离不开', '说明了', '建立在', '胜过', '影响着', '解释了', '考虑到'],
  objects: ['问题本身', '步骤的先后', '一个安静的下午', '数据的形状', '几次诚实的测量', '最小的部分', '使用它的人', '等待的代价'],
  join: '',
  stop: '。',
};

/** A text of so many tokens, the same for the same prompt, in the prompt's language: Chinese if it has Chinese characters, else English. */
export function writeProse(prompt: string, tokens: number): string[] {
  const phrases = /[\u4e00-\u9fff]/.test(prompt) ? chinese : english;
  const random = createRandom(hashText(prompt));
  const pick = (from: string[]) => from[Math.floor(random() * from.length)] ?? '';
  const pieces: string[] = [];
  while (pieces.length < tokens) {
    const sentence = [pick(phrases.openings), pick(phrases.subjects), pick(phrases.verbs), pick(phrases.objects)].join(phrases.join);
    pieces.push(...cutTokens(sentence + phrases.stop));
  }
  return pieces.slice(0, tokens);
}

/** How many tokens an answer has that nobody asked a length of: 40 to 120. */
export function proseLength(prompt: string): number {
  return 40 + (hashText(`${prompt} length`) % 81);
}

/** Cuts a text as a tokenizer might: a word with the space behind it, two characters of Chinese. */
export function cutTokens(text: string): string[] {
  return text.match(/[\u3000-\u9fff\uff00-\uffef]{1,2}|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/gu) ?? [];
}

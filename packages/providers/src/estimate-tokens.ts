import { noTokens, type JobOutput, type TokenCounts } from '@sluice/contract';
import { setImmediate } from 'node:timers/promises';
import { asObject } from './json-object.ts';

interface EstimatedCall {
  messages: unknown[];
  /** The definitions that were sent; they are part of the prompt. */
  tools?: unknown;
  output: Pick<JobOutput, 'text' | 'reasoning' | 'tool_calls'>;
}

/** What OpenAI's chat format adds to each message, and to the whole. */
const messageTokens = 4;
const promptTokens = 3;
/** A picture, a sound or a file: one of OpenAI's larger pictures. Their data is no text and must not be counted as such. */
const mediaTokens = 765;

/**
 * The tokenizer needs quadratic time within one word, and Chinese without punctuation is one word to it: 20,000 characters
 * at once took 1.6 s. In slices it is linear, and every border costs a fraction of one token.
 */
const sliceLength = 512;
/** About 10 ms; then others on this event loop have their turn. */
const slicesAtOnce = 16;

/**
 * Counts what a provider did not: with OpenAI's o200k_base, which is near enough for other families to bound a charge. Never 0.
 * The tokenizer's tables (80 MB) are loaded by the first call and by nothing else.
 */
export async function estimateTokens({ messages, tools, output }: EstimatedCall): Promise<TokenCounts> {
  const prompts = messages.map(readPrompt);
  const toolText = tools === undefined ? '' : JSON.stringify(tools);
  const texts = await countTexts([...prompts.map(({ text }) => text), toolText]);
  const overhead = promptTokens + prompts.reduce((sum, { media }) => sum + messageTokens + media * mediaTokens, 0);
  const reasoning = await countTexts([output.reasoning ?? '']);
  const spoken = await countTexts([output.text, ...output.tool_calls.map((call) => `${call.name} ${call.arguments}`)]);
  return {
    input_tokens: texts + overhead,
    cached_input_tokens: 0,
    output_tokens: Math.max(1, spoken + reasoning),
    reasoning_tokens: reasoning,
  };
}

/** The same for texts that are no chat, and for which nothing is answered; lists of token ids are counted as they are. Never 0. */
export async function estimateInputTokens(inputs: (string | number[])[]): Promise<TokenCounts> {
  const ids = inputs.reduce<number>((sum, input) => sum + (typeof input === 'string' ? 0 : input.length), 0);
  const texts = await countTexts(inputs.filter((input) => typeof input === 'string'));
  return { ...noTokens, input_tokens: Math.max(1, ids + texts) };
}

function readPrompt(value: unknown): { text: string; media: number } {
  const message = asObject(value) ?? {};
  const parts = Array.isArray(message.content) ? message.content.map(asObject) : [{ text: message.content }];
  const texts = parts.map((part) => part?.text).filter((text) => typeof text === 'string');
  const calls = message.tool_calls === undefined ? '' : JSON.stringify(message.tool_calls);
  return { text: `${texts.join('\n')}${calls}`, media: Array.isArray(message.content) ? parts.length - texts.length : 0 };
}

async function countTexts(texts: string[]): Promise<number> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  // The names of special tokens are plain text when a caller or a model writes them.
  const plain = { disallowedSpecial: new Set<string>() };
  let count = 0;
  let slices = 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; at += sliceLength) {
      count += countTokens(text.slice(at, at + sliceLength), plain);
      if (++slices % slicesAtOnce === 0) await setImmediate();
    }
  }
  return count;
}

import { noTokens, type JobOutput, type TokenCounts } from '@sluice/contract';
import { countTextTokens } from './count-text-tokens.ts';
import { asObject } from './json-object.ts';
import { tokenFamilyOf } from './token-family.ts';

interface EstimatedCall {
  /** The provider's name of it. */
  model: string;
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

/** Counts what a provider did not, as the model's family would; see token-family.ts. Never 0. */
export async function estimateTokens({ model, messages, tools, output }: EstimatedCall): Promise<TokenCounts> {
  const family = tokenFamilyOf(model);
  const countTexts = (given: string[]) => countTextTokens(given, family);
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
export async function estimateInputTokens(model: string, inputs: (string | number[])[]): Promise<TokenCounts> {
  const ids = inputs.reduce<number>((sum, input) => sum + (typeof input === 'string' ? 0 : input.length), 0);
  const given = inputs.filter((input) => typeof input === 'string');
  const texts = await countTextTokens(given, tokenFamilyOf(model));
  return { ...noTokens, input_tokens: Math.max(1, ids + texts) };
}

function readPrompt(value: unknown): { text: string; media: number } {
  const message = asObject(value) ?? {};
  const parts = Array.isArray(message.content) ? message.content.map(asObject) : [{ text: message.content }];
  const texts = parts.map((part) => part?.text).filter((text) => typeof text === 'string');
  const calls = message.tool_calls === undefined ? '' : JSON.stringify(message.tool_calls);
  return { text: `${texts.join('\n')}${calls}`, media: Array.isArray(message.content) ? parts.length - texts.length : 0 };
}

import { expect, test } from 'vitest';
import { estimateTokens } from './estimate-tokens.ts';

const nothing = { text: '', reasoning: null, tool_calls: [] };
const say = (text: string) => estimateTokens({ messages: [], output: { ...nothing, text } });

test('counts a text as the tokenizer does', async () => {
  expect((await say('The quick brown fox jumps over the lazy dog.')).output_tokens).toBe(10);
});

test('an estimate is never 0', async () => {
  const counts = await estimateTokens({ messages: [], output: nothing });
  expect(counts.input_tokens).toBeGreaterThan(0);
  expect(counts.output_tokens).toBeGreaterThan(0);
});

test('output holds the text, the reasoning and the tool calls; reasoning is told apart', async () => {
  const text = await say('One two three four.');
  const call = { id: 'c', name: 'weather', arguments: '{"city":"Bern"}' };
  const counts = await estimateTokens({
    messages: [],
    output: { text: 'One two three four.', reasoning: 'Hm, well.', tool_calls: [call] },
  });
  expect(counts.reasoning_tokens).toBeGreaterThan(0);
  expect(counts.output_tokens).toBeGreaterThan(text.output_tokens + counts.reasoning_tokens);
});

test('every message and tool definition adds to the input, a picture a fixed number however large it is', async () => {
  const input = async (messages: unknown[], tools?: unknown) => (await estimateTokens({ messages, tools, output: nothing })).input_tokens;
  const text = { type: 'text', text: 'What is this?' };
  const picture = (size: number) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(size)}` } });
  const one = await input([{ role: 'user', content: 'What is this?' }]);
  expect(await input([{ role: 'user', content: [text] }])).toBe(one);
  expect(
    await input([
      { role: 'user', content: 'What is this?' },
      { role: 'assistant', content: null },
    ]),
  ).toBeGreaterThan(one);
  expect(await input([{ role: 'user', content: 'What is this?' }], [{ type: 'function', function: { name: 'f' } }])).toBeGreaterThan(one);
  expect(await input([{ role: 'user', content: [text, picture(10)] }])).toBe(one + 765);
  expect(await input([{ role: 'user', content: [text, picture(1_000_000)] }])).toBe(one + 765);
});

test('a long text is counted within 2 % of what the tokenizer says of it at once', async () => {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  const text = 'It was the best of times, it was the worst of times; \u8fd9\u662f\u6700\u597d\u7684\u65f6\u4ee3\u3002\n'.repeat(500);
  const [exact, estimated] = [countTokens(text), (await say(text)).output_tokens];
  expect(Math.abs(estimated - exact)).toBeLessThan(exact * 0.02);
});

test('hostile texts are counted too: special tokens, halves of surrogate pairs, no spaces', async () => {
  for (const text of ['<|endoftext|>', 'a\ud83d', 'a'.repeat(100_000), '\u5b57'.repeat(50_000), 'junk']) {
    expect((await say(text)).output_tokens).toBeGreaterThan(0);
  }
});

import { Price } from '@sluice/contract';
import { expect, test } from 'vitest';
import { readCatalogue } from './read-catalogue.ts';
import { renderListPrice } from './render-price.ts';

const { models } = await readCatalogue();

function named(provider: string, id: string) {
  const model = models.find((row) => row.provider === provider && row.id === id);
  if (!model) throw new Error(`${provider}/${id} is not in the catalogue`);
  return model;
}

test('every price per token of the catalogue becomes a price that can be stored; no other one does', () => {
  for (const model of models) {
    const price = renderListPrice(model, { CNY: '1', USD: '7' });
    if (model.price_unit === 'per_1m_tokens') expect(Price.safeParse(price).error, `${model.provider}/${model.id}`).toBeUndefined();
    else expect(price).toBeNull();
  }
});

test('the conversion is exact, and rounds half up at the tenth place only', () => {
  const model = { ...named('openai', 'gpt-4o'), input_price: '0.00003', output_price: '2.5', cached_input_price: '0' };

  expect(renderListPrice(model, { CNY: '1', USD: '0.000005' })).toMatchObject({
    input_price: '0',
    output_price: '0.0000000125',
    cached_input_price: '0',
  });
  expect(renderListPrice(model, { CNY: '1', USD: '0.00002' })).toMatchObject({ output_price: '0.00000005' });
  // 0.00003 x 0.0025 / 1000 = 0.000000000075, which is 0.0000000001 at ten places.
  expect(renderListPrice(model, { CNY: '1', USD: '0.0025' })).toMatchObject({ input_price: '0.0000000001' });
  expect(renderListPrice(model, { CNY: '1', USD: '123456.789' })).toMatchObject({ output_price: '308.6419725' });
});

test('each currency has its own rate', () => {
  const rates = { CNY: '2', USD: '10' };
  expect(renderListPrice({ ...named('openai', 'gpt-4o'), input_price: '1' }, rates)).toMatchObject({ input_price: '0.01' });
  expect(renderListPrice({ ...named('deepseek', 'deepseek-flash'), input_price: '1' }, rates)).toMatchObject({ input_price: '0.002' });
});

test("a last tier that ends at the vendor's limit is left open", () => {
  const model = named('dashscope', 'qwen3-max');
  expect(model.tiers.at(-1)?.up_to_input_tokens).toBe(252_000);
  const price = renderListPrice(model, { CNY: '1', USD: '7' });
  expect(price?.mode === 'tiered' && price.tiers.map(({ up_to }) => up_to)).toEqual([32_000, 128_000, null]);
});

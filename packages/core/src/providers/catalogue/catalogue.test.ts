import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CatalogueModel } from './catalogue-model.ts';
import { CatalogueProvider } from './catalogue-provider.ts';
import { findFaults } from './catalogue-rules.ts';
import { readCatalogue, type Catalogue } from './read-catalogue.ts';

/** As anybody may have edited it: nothing is known of its types yet. */
interface Draft {
  providers: Record<string, unknown>[];
  models: Record<string, unknown>[];
}

const shipped: Draft = JSON.parse(JSON.stringify(await readCatalogue()));

function faultsOf({ providers, models }: Draft): string[] {
  const parsed = z.object({ providers: z.array(CatalogueProvider), models: z.array(CatalogueModel) }).safeParse({ providers, models });
  return parsed.success
    ? findFaults(parsed.data satisfies Catalogue)
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('the catalogue that ships is without a fault', () => {
  expect(faultsOf(shipped)).toEqual([]);
  expect(shipped.providers).toHaveLength(36);
});

test.each(['providers.json', 'models.json'])('%s is laid out so that a change shows as the lines it changes', async (name) => {
  const written = await readFile(new URL(name, import.meta.url), 'utf8');
  expect(written === `${JSON.stringify(JSON.parse(written), null, 2)}\n`).toBe(true);
});

const tiered = shipped.models.findIndex(({ tiers }) => Array.isArray(tiers) && tiers.length > 2);
const simple = shipped.models.findIndex(
  ({ endpoint, input_price: input, tiers }) => endpoint === 'chat' && input && Array.isArray(tiers) && tiers.length === 0,
);

const model = (draft: Draft, index: number): Record<string, unknown> => draft.models[index] ?? {};
const listIn = (row: Record<string, unknown> | undefined, field: string): Record<string, unknown>[] =>
  z.array(z.looseObject({})).parse(row?.[field]);

const breaks: [string, (draft: Draft) => unknown][] = [
  ['a float as a price', (draft) => (model(draft, simple).input_price = 1.5)],
  ['a price with an exponent', (draft) => (model(draft, simple).input_price = '1e-6')],
  ['a negative price', (draft) => (model(draft, simple).output_price = '-1')],
  ['an unknown capability', (draft) => (model(draft, simple).capabilities = ['text', 'audio'])],
  ['capabilities out of order', (draft) => (model(draft, simple).capabilities = ['tools', 'text'])],
  ['a doubled row', (draft) => draft.models.splice(simple, 0, structuredClone(model(draft, simple)))],
  [
    'tiers that do not ascend',
    (draft) =>
      (model(draft, tiered).tiers = listIn(model(draft, tiered), 'tiers').map((tier, i) =>
        i === 1 ? { ...tier, up_to_input_tokens: 1 } : tier,
      )),
  ],
  ['a base price that is not the first tier', (draft) => (model(draft, tiered).input_price = '999')],
  ['an unknown provider', (draft) => (model(draft, simple).provider = 'nobody')],
  ['a date to come', (draft) => (model(draft, simple).as_of = '2027-01-01')],
  ['no source', (draft) => (model(draft, simple).source = '')],
  ['unsorted models', (draft) => draft.models.reverse()],
  ['a provider that is gone', (draft) => draft.providers.shift()],
  ['a base URL that is not http', (draft) => Object.assign(draft.providers[0] ?? {}, { base_url: 'ftp://x' })],
  [
    'a quirk without a source',
    (draft) => Object.assign(draft.providers[0] ?? {}, { quirks: [{ ...listIn(draft.providers[0], 'quirks')[0], source: '' }] }),
  ],
  ['cached input that costs more than input', (draft) => (model(draft, simple).cached_input_price = '99999')],
  ['a field that nobody knows', (draft) => (model(draft, simple).speed = 'fast')],
  ['a price without a unit', (draft) => (model(draft, simple).price_unit = null)],
  [
    "another currency than the provider's",
    (draft) => (model(draft, simple).currency = model(draft, simple).currency === 'CNY' ? 'USD' : 'CNY'),
  ],
];

test.each(breaks)('a catalogue with %s is refused', (_name, breakIt) => {
  const draft = structuredClone(shipped);
  breakIt(draft);
  expect(faultsOf(draft)).not.toEqual([]);
});

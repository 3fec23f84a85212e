import { parseDecimal } from '../../billing/index.ts';
import type { CatalogueModel } from './catalogue-model.ts';
import type { CatalogueProvider } from './catalogue-provider.ts';
import type { Catalogue } from './read-catalogue.ts';

/**
 * What the schema of one field cannot say: how fields and rows belong together. The catalogue is fixed when it ships, so the tests
 * run these, not every start. Answers one sentence a fault.
 */
export function findFaults({ providers, models }: Catalogue): string[] {
  return [
    ...providerFaults(providers),
    ...models.flatMap((model) => modelFaults(model).map((fault) => `${model.provider}/${model.id}: ${fault}`)),
    ...modelListFaults(models, providers),
  ];
}

const isAbove = (a: string, b: string): boolean => parseDecimal(a, 12) > parseDecimal(b, 12);

function providerFaults(providers: CatalogueProvider[]): string[] {
  const ids = providers.map(({ id }) => id);
  return [
    ...doubles(ids).map((id) => `${id}: there are two providers of this id`),
    ...(isSorted(ids) ? [] : ['the providers are not sorted by id']),
    ...requiredProviders.filter((id) => !ids.includes(id)).map((id) => `${id}: the provider is missing`),
  ];
}

function modelListFaults(models: CatalogueModel[], providers: CatalogueProvider[]): string[] {
  const currencies = new Map(providers.map(({ id, currency }) => [id, currency]));
  const names = models.flatMap(({ provider, id, aliases = [] }) => [id, ...aliases].map((name) => `${provider}/${name.toLowerCase()}`));
  const keys = models.map(({ provider, id }) => [provider, id.toLowerCase(), id].join('\u0000'));
  return [
    ...models.filter(({ provider }) => !currencies.has(provider)).map(({ provider, id }) => `${provider}/${id}: the provider is unknown`),
    ...models
      .filter(({ provider, currency }) => currencies.has(provider) && currencies.get(provider) !== currency)
      .map(({ provider, id }) => `${provider}/${id}: the currency is not the provider's`),
    ...doubles(names).map((name) => `${name}: two rows have this name`),
    ...(isSorted(keys) ? [] : ['the models are not sorted by provider and id']),
    ...(models.length < 250 || models.length > 500 ? [`there are ${models.length} models, not 250 to 500`] : []),
    ...providers.filter(({ id }) => !models.some(({ provider }) => provider === id)).map(({ id }) => `${id}: the provider has no model`),
  ];
}

const capabilityOfEndpoint = { embeddings: 'embedding', rerank: 'rerank', images: 'image', chat: null, responses: null } as const;

function modelFaults(model: CatalogueModel): string[] {
  const { endpoint, capabilities, context_window: context, max_output_tokens: output, status, deprecation } = model;
  const needed = capabilityOfEndpoint[endpoint];
  const chats = endpoint === 'chat' || endpoint === 'responses';
  const rules: [boolean, string][] = [
    [needed !== null && !capabilities.includes(needed), `the endpoint ${endpoint} needs the capability ${needed}`],
    [chats && !capabilities.includes('text') && !capabilities.includes('image'), 'a chat model makes neither text nor images'],
    [chats && context === null, 'a chat model has no context window'],
    [context !== null && output !== null && output > context, 'the output is longer than the context'],
    [(status === 'deprecated' || status === 'retired') && !deprecation?.replacement, `it is ${status} without a replacement`],
    [(model.alt_currency_prices ?? []).some(({ currency }) => currency === model.currency), 'the other currency is its own'],
  ];
  return [...rules.flatMap(([isBroken, fault]) => (isBroken ? [fault] : [])), ...priceFaults(model), ...tierFaults(model)];
}

function priceFaults({
  price_unit: unit,
  input_price: input,
  output_price: output,
  cached_input_price: cached,
  status,
  notes,
}: CatalogueModel): string[] {
  const isPriced = input !== null || output !== null;
  const rules: [boolean, string][] = [
    [isPriced !== (unit !== null), 'the unit and the prices disagree'],
    [unit === 'per_1m_tokens' && (input === null || output === null), 'a price per token needs input and output'],
    [!isPriced && status !== 'retired' && !notes, 'it has no price, and no note says why'],
    [cached !== null && input !== null && isAbove(cached, input), 'cached input costs more than input'],
  ];
  return rules.flatMap(([isBroken, fault]) => (isBroken ? [fault] : []));
}

function tierFaults({ tiers, input_price: input, output_price: output, cached_input_price: cached }: CatalogueModel): string[] {
  const [first] = tiers;
  if (!first) return [];
  const faults = tiers.length === 1 ? ['it has a single tier'] : [];
  if (first.input !== input || first.output !== output || first.cached_input !== cached)
    faults.push('the base price is not the first tier');
  tiers.forEach((tier, i) => {
    const before = tiers[i - 1];
    if (tier.up_to_input_tokens === null && i < tiers.length - 1) faults.push('an open tier is not the last');
    if (before && tier.up_to_input_tokens !== null && tier.up_to_input_tokens <= (before.up_to_input_tokens ?? 0))
      faults.push('the tiers do not ascend');
    if (before && isAbove(before.input, tier.input)) faults.push('the input price falls by tier');
  });
  return faults;
}

/** Those that the service promises. */
const requiredProviders = `openai deepseek dashscope dashscope-intl spark qianfan zhipu moonshot volcengine hunyuan minimax stepfun
baichuan lingyiwanwu siliconflow openrouter anthropic google-gemini mistral groq together fireworks xai cohere
azure-openai ollama vllm lmstudio xinference`.split(/\s/);

function doubles(names: string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) !== i);
}

/** By code points, as the file was sorted. */
function isSorted(names: string[]): boolean {
  return names.every((name, i) => i === 0 || Buffer.compare(Buffer.from(names[i - 1] ?? ''), Buffer.from(name)) <= 0);
}

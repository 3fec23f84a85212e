import { usualQuirks } from '@sluice/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CatalogueProvider } from './catalogue-provider.ts';
import { readCatalogueProviders } from './read-catalogue.ts';
import { renderQuirks } from './render-quirks.ts';

let vendors: CatalogueProvider[];
beforeAll(async () => {
  vendors = await readCatalogueProviders();
});

function quirksOf(id: string) {
  const vendor = vendors.find((row) => row.id === id);
  if (!vendor) throw new Error(id);
  return renderQuirks(vendor);
}

describe('renderQuirks', () => {
  test('every vendor of the catalogue can be rendered', () => {
    for (const vendor of vendors) expect(renderQuirks(vendor).reasoningFields.length).toBeGreaterThan(1);
  });

  test('the name of the limit, and whether usage may be asked for', () => {
    expect(quirksOf('openai')).toMatchObject({ maxTokensParam: 'max_completion_tokens', usageRequest: 'send' });
    expect(quirksOf('deepseek')).toMatchObject({ maxTokensParam: 'max_tokens', usageRequest: 'send' });
    for (const id of ['mistral', 'cohere', 'spark']) expect(quirksOf(id).usageRequest).toBe('omit');
  });

  test('where thinking stands, and whether it is counted apart', () => {
    expect(quirksOf('groq').reasoningFields[0]).toBe('reasoning');
    expect(quirksOf('deepseek').reasoningFields[0]).toBe('reasoning_content');
    expect(vendors.filter((vendor) => renderQuirks(vendor).reasoningTokens === 'added').map(({ id }) => id)).toEqual(['xai']);
  });

  test('finish words: ends, filters and faults', () => {
    const words = {
      sensitive: 'content_filter',
      network_error: 'overloaded',
      model_context_window_exceeded: 'length',
      abort: 'server_error',
    };
    expect(quirksOf('zai')).toMatchObject({ finishWords: words, unknownFinish: 'fault' });
    expect(quirksOf('together')).toMatchObject({ finishWords: { eos: 'stop', error: 'server_error' } });
    expect(quirksOf('openai').unknownFinish).toBe('stop');
  });

  test('content filters: a status that says nothing else, and codes without their explanations', () => {
    expect(quirksOf('openrouter').contentFilterStatus).toBe(403);
    expect(quirksOf('openai').contentFilterStatus).toBeNull();
    expect(quirksOf('spark').contentFilterCodes).toEqual(['10013', '10014', '10019']);
    expect(quirksOf('dashscope').contentFilterCodes).toEqual(['data_inspection_failed', 'DataInspectionFailed']);
    expect(quirksOf('deepseek').contentFilterCodes).toEqual([]);
  });

  test('the header of the key', () => {
    expect(quirksOf('azure-openai').keyHeader).toEqual({ name: 'api-key', prefix: '' });
    expect(quirksOf('ollama').keyHeader).toEqual(usualQuirks.keyHeader);
  });
});

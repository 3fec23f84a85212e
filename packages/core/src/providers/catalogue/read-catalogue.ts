import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CatalogueModel } from './catalogue-model.ts';
import { CatalogueProvider } from './catalogue-provider.ts';

/** What vendors offer and ask, as public lists had it. A start that an administrator edits, not a billing truth. */
export interface Catalogue {
  providers: CatalogueProvider[];
  models: CatalogueModel[];
}

/** Reads the catalogue that comes with the service: about 0.5 MB, so at the start only and not on import. */
export async function readCatalogue(): Promise<Catalogue> {
  const [providers, models] = await Promise.all([readCatalogueProviders(), readJson('models.json')]);
  return { providers, models: z.array(CatalogueModel).parse(models) };
}

/** Its vendors alone. */
export async function readCatalogueProviders(): Promise<CatalogueProvider[]> {
  return z.array(CatalogueProvider).parse(await readJson('providers.json'));
}

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));
}

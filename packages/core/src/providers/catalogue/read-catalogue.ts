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
  const [providers, models] = await Promise.all([readJson('providers.json'), readJson('models.json')]);
  return { providers: z.array(CatalogueProvider).parse(providers), models: z.array(CatalogueModel).parse(models) };
}

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));
}

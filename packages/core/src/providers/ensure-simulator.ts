import type { Price } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { insertProvider } from './create-provider.ts';
import { insertProviderKey } from './insert-provider-key.ts';
import { seedModels, type SeedModel } from './seed-models.ts';
import { findVendor } from './seed-vendors.ts';
import type { Vault } from './vault.ts';

const vendor = 'simulator';

/** Small, so that a tour lasts; not 0, so that it shows a charge. Credits per 1,000 tokens. */
const price: Price = { mode: 'simple', input_price: '0.01', output_price: '0.02' };

const sizes = { context_window: 128_000, max_output_tokens: 16_384, price };

/** They answer no text. */
const sizesOfReaders = { context_window: 8192, max_output_tokens: null, price: { ...price, output_price: '0' } };

const models: SeedModel[] = [
  { model: 'sluice-sim', capabilities: ['text', 'vision', 'tools'], ...sizes },
  { model: 'sluice-sim-fast', capabilities: ['text', 'tools'], ...sizes },
  { model: 'sluice-sim-thinking', capabilities: ['text', 'reasoning', 'tools'], ...sizes },
  { model: 'sluice-sim-embed', capabilities: ['embedding'], ...sizesOfReaders },
  { model: 'sluice-sim-rerank', capabilities: ['rerank'], ...sizesOfReaders },
  { model: 'sluice-sim-moderation', capabilities: ['moderation'], ...sizesOfReaders },
];

/**
 * Sets up the provider `simulator` and its `sluice-sim` models. Its base URL follows the one given, since the simulator may listen
 * elsewhere at every start; all else that an administrator changed stays. Nothing is done when somebody's own provider has the name.
 */
export function ensureSimulator(em: EntityManager, { vault, baseUrl, now }: { vault: Vault; baseUrl: string; now: Date }): Promise<void> {
  return inTransaction(em, async (tx) => {
    const createdId = await insertProvider(tx, { name: vendor, vendor, baseUrl, limits: {} });
    const row = await findVendor(tx, vendor);
    if (!row) return;
    if (createdId === null)
      await execute(tx, sql`update providers set base_url = ${baseUrl} where id = ${row.id} and base_url <> ${baseUrl}`);
    else await insertProviderKey(tx, vault, { providerId: row.id, secret: 'simulator', weight: 1, limits: {}, origin: 'environment' });
    await seedModels(tx, { vendor, provider: row.name, models, now });
  });
}

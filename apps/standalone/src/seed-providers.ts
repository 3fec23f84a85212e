import { ensureDefaultModel, ensureSimulator, seedVendors, vendorKeyNames, type Database, type Vault } from '@sluice/core';
import { readVendorKeys, systemClock, type Closers, type Logger, type Settings } from '@sluice/platform';
import { startSimulator } from '@sluice/providers';

interface SeedParts {
  db: Database;
  vault: Vault;
  closers: Closers;
  log: Logger;
  settings: Settings;
}

const simulated = [
  ['text', 'sluice-sim'],
  ['embedding', 'sluice-sim-embed'],
  ['rerank', 'sluice-sim-rerank'],
  ['moderation', 'sluice-sim-moderation'],
] as const;

/** Starts the simulator provider, and sets up every vendor whose key is in the environment. */
export async function seedProviders({ db, vault, closers, log, settings }: SeedParts): Promise<void> {
  const simulator = await startSimulator();
  closers.add('simulator', () => simulator.close());
  const now = systemClock();
  await ensureSimulator(db.em(), { vault, baseUrl: simulator.baseUrl, now });
  const rates = { CNY: settings.CREDITS_PER_CNY, USD: settings.CREDITS_PER_USD };
  const seeded = await seedVendors(db.em(), { vault, vendorKeys: readVendorKeys(vendorKeyNames), rates, now });
  for (const { vendor, provider, key, models } of seeded) log.info({ vendor, provider, key, models: models.length }, 'vendor set up');
  // Which of a vendor's models costs money by default is for an administrator to say; the simulator costs nothing.
  if (seeded.length > 0) return;
  for (const [capability, alias] of simulated) await ensureDefaultModel(db.em(), { capability, alias });
}

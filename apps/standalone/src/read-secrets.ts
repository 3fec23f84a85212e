import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '@sluice/platform';
import { z } from 'zod';

const Secrets = z.object({ secretKey: z.string(), adminEmail: z.string(), adminPassword: z.string(), adminApiKey: z.string() });
export type Secrets = z.infer<typeof Secrets>;

/** The secrets of an embedded installation: those of the settings, else those of DATA_DIR, where they are generated at the first start. */
export function readSecrets(settings: Settings): Secrets & { path: string; isFirstStart: boolean } {
  const path = join(settings.DATA_DIR, 'secrets.json');
  const isFirstStart = !existsSync(path);
  const stored = isFirstStart ? generate() : Secrets.parse(JSON.parse(readFileSync(path, 'utf8')));
  const secrets: Secrets = {
    secretKey: settings.SECRET_KEY ?? stored.secretKey,
    adminEmail: settings.ADMIN_EMAIL ?? stored.adminEmail,
    adminPassword: settings.ADMIN_PASSWORD ?? stored.adminPassword,
    adminApiKey: settings.ADMIN_API_KEY ?? stored.adminApiKey,
  };
  if (isFirstStart) store(settings.DATA_DIR, path, secrets);
  return { ...secrets, path, isFirstStart };
}

function generate(): Secrets {
  return {
    secretKey: randomBytes(32).toString('hex'),
    adminEmail: 'admin@localhost.localdomain',
    adminPassword: randomBytes(12).toString('base64url'),
    adminApiKey: `sk-${randomBytes(24).toString('base64url')}`,
  };
}

function store(dataDir: string, path: string, secrets: Secrets): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

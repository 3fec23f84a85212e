import { composeApi } from '@sluice/api';
import { composeBilling } from '@sluice/billing';
import { createClosers, type Settings } from '@sluice/platform';
import { composeWorker } from '@sluice/worker';
import type { Standalone } from './compose.ts';
import { readSecrets } from './read-secrets.ts';
import { renderWelcome } from './welcome.ts';

/** One process for each role's part of the distributed shape: for a first look at it, or a small installation. */
export async function composeOnRedis(given: Settings): Promise<Standalone> {
  const secrets = readSecrets(given);
  const { secretKey: SECRET_KEY, adminEmail: ADMIN_EMAIL, adminPassword: ADMIN_PASSWORD, adminApiKey: ADMIN_API_KEY } = secrets;
  const settings = { ...given, SECRET_KEY, ADMIN_EMAIL, ADMIN_PASSWORD, ADMIN_API_KEY };
  const closers = createClosers();
  const billing = await composeBilling(settings);
  closers.add('billing', () => billing.closers.closeAll());
  const worker = await composeWorker(settings);
  closers.add('worker', () => worker.closers.closeAll());
  const api = await composeApi(settings);
  closers.add('api', () => api.closers.closeAll());
  return { url: api.server.url, welcome: renderWelcome({ url: api.server.url, secrets }), closers, log: api.log };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's; see createTestDatabase. */
    databaseUrl: string;
    redisUrl: string;
  }
}

/** Starts PostgreSQL and Redis once for the whole run; see services.ts for how they end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = spawn(process.execPath, [join(import.meta.dirname, 'services.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(services, 'exit');
  const ready = once(createInterface(services.stdout), 'line') as Promise<[string]>;
  const [line] = await Promise.race([ready, exited]);
  if (typeof line !== 'string') throw new Error('PostgreSQL and Redis for the tests did not start; the reason stands above');
  const { databaseUrl, redisUrl } = JSON.parse(line) as { databaseUrl: string; redisUrl: string };
  project.provide('databaseUrl', databaseUrl);
  project.provide('redisUrl', redisUrl);
  return async () => {
    services.stdin.end();
    await exited;
  };
}

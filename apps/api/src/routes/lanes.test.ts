import {
  createDatabase,
  createProvider,
  createVault,
  ensureAdmin,
  execute,
  listLaneKeys,
  sql,
  type Database,
  type LaneKeyRow,
} from '@sluice/core';
import { createMemoryAdmission } from '@sluice/limits';
import { createLogger } from '@sluice/platform';
import express from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createCaller } from '../../../../test/routes/caller.ts';
import { laneRoutes } from './lanes.ts';

const now = new Date();
const hourMs = 3_600_000;

let store: TestDatabase;
let db: Database;
let userId: string;
let busyId: string;
let idleId: string;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 5 });
  ({ userId } = await ensureAdmin(db.em(), { email: 'admin@example.com', password: 'correct horse battery', apiKey: null, now }));
  [busyId = '', idleId = ''] = [await provider('busy'), await provider('idle')];
  await execute(db.em(), sql`insert into models (id, alias, capabilities) values ('mdl_1', 'm', '{text}')`);
  await execute(db.em(), sql`insert into prices (id, model_id, price) values ('prc_1', 'mdl_1', '{}')`);
});

afterAll(async () => {
  await db?.close();
  await store?.close();
});

async function provider(name: string): Promise<string> {
  const request = { name, base_url: 'http://127.0.0.1:1/v1', api_key: 'x', limits: { rpm: 60, models: { big: { tpm: 100 } } } };
  return (
    await createProvider(db.em(), {
      vault: createVault('a secret key of thirty-two characters'),
      actorId: userId,
      idempotencyKey: null,
      request,
    })
  ).id;
}

let jobs = 0;
async function job(providerId: string, status: 'queued' | 'running', ageMs: number): Promise<void> {
  const isQueued = status === 'queued';
  await execute(
    db.em(),
    sql`insert into jobs (id, user_id, status, max_attempts, model, routes, provider_id, request, input_estimate, max_tokens, priority,
          on_stream_failure, metadata, deadline_at, look_at, worker_id, created_at, price_id, hold)
        values (${`job_${(jobs += 1)}`}, ${userId}, ${status}, 3, 'm', '[]', ${providerId}, '{}', 1, 1, 'interactive', 'restart', '{}', now(),
          ${isQueued ? now : null}, ${isQueued ? null : 'wrk_1'}, now() - ${`${ageMs} ms`}::interval, 'prc_1', 0)`,
  );
}

test('a lane shows what waits in its rows and in its queue; a queue that is away hides neither the rows nor the other lanes', async () => {
  await job(busyId, 'queued', hourMs);
  await job(busyId, 'queued', 0);
  await job(busyId, 'running', 2 * hourMs);
  const [key] = (await listLaneKeys(db.em())).filter(({ providerId }) => providerId === busyId);
  if (!key) throw new Error('the provider has no key');
  await execute(
    db.em(),
    sql`insert into attempts (job_id, attempt, provider_id, provider_key_id, model, worker_id, started_at)
    values ('job_3', 1, ${busyId}, ${key.id}, 'big', 'wrk_1', now())`,
  );
  const memory = createMemoryAdmission();
  const request = { providerId: busyId, model: 'big', keys: [{ ...key, weight: 1 }], tokens: 7, isBatch: false };
  expect(await memory.acquire(request)).toMatchObject({ granted: true });
  await memory.coolDown({ providerId: busyId, keyId: key.id, model: 'big' }, 60_000);
  await execute(db.em(), sql`update provider_keys set enabled = false, disabled_reason = 'Refused.' where provider_id = ${idleId}`);
  const away = () => Promise.reject(new Error('the limits are away'));
  const admission = { ...memory, uses: (id: string, keys: LaneKeyRow[]) => (id === idleId ? away() : memory.uses(id, keys)) };
  const counts = (id: string) =>
    id === busyId ? Promise.resolve({ waiting: 2, active: 1, delayed: 0 }) : Promise.reject(new Error('the queue is away'));
  const app = express().use(laneRoutes({ db, producer: { counts }, admission, log: createLogger('silent', 'test') }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { body } = await createCaller(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, null).get('/');
  server.close();

  expect(body.data).toEqual([
    {
      provider_id: busyId,
      object: 'lane',
      provider: 'busy',
      state: 'ready',
      messages: { waiting: 2, active: 1, delayed: 0 },
      jobs: { queued: 2, running: 1 },
      oldest_queued_ms: expect.any(Number),
      keys: [
        {
          id: key?.id,
          object: 'lane_key',
          last_four: '****',
          enabled: true,
          disabled_reason: null,
          running: 1,
          limits: [
            { model: null, rpm: { used: 1, limit: 60 }, tpm: null, concurrency: null },
            { model: 'big', rpm: null, tpm: { used: 7, limit: 100 }, concurrency: null },
          ],
          rests: [{ model: 'big', state: 'cooling', until: expect.stringMatching(/Z$/) }],
        },
      ],
    },
    {
      provider_id: idleId,
      object: 'lane',
      provider: 'idle',
      state: 'no_usable_key',
      messages: null,
      jobs: { queued: 0, running: 0 },
      oldest_queued_ms: null,
      keys: [expect.objectContaining({ enabled: false, disabled_reason: 'Refused.', running: 0, limits: null, rests: null })],
    },
  ]);
  const oldestMs = Number(body.data[0]?.['oldest_queued_ms']);
  expect(oldestMs >= hourMs && oldestMs < 2 * hourMs).toBe(true);
});

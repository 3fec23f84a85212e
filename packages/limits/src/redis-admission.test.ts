import { sleep } from '@sluice/platform';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { describeAdmissionModel } from './admission-model.contract.ts';
import { describeAdmission, keyWith, request } from './admission.contract.ts';
import { createRedisAdmission } from './redis-admission.ts';
import { describeRests } from './rests.contract.ts';

let redis: Redis;
const prefix = uniquePrefix();
beforeAll(() => {
  redis = new Redis(testRedisUrl(), { enableAutoPipelining: true });
});
afterAll(() => redis.disconnect());

describeAdmission('redis', (clock) => createRedisAdmission({ redis, prefix: uniquePrefix(), clock }));
describeAdmissionModel('redis', (clock) => createRedisAdmission({ redis, prefix: uniquePrefix(), clock }));
describeRests('redis', (clock) => createRedisAdmission({ redis, prefix: uniquePrefix(), clock }));

describe('redis admission, over replicas and in real time', () => {
  test('three replicas together keep rpm and concurrency', async () => {
    const connections = [1, 2, 3].map(() => new Redis(testRedisUrl()));
    const replicas = connections.map((connection) => createRedisAdmission({ redis: connection, prefix }));
    const keys = [keyWith({ rpm: 40 }, 'a'), keyWith({ concurrency: 25, tpm: 1_000_000 }, 'b')];
    const answers = await Promise.all(replicas.flatMap((replica) => Array.from({ length: 100 }, () => replica.acquire(request({ keys })))));
    const keyIds = answers.flatMap((answer) => (answer.granted ? answer.lease.keyId : []));
    expect([keyIds.filter((id) => id === 'a').length, keyIds.filter((id) => id === 'b').length]).toEqual([40, 25]);
    for (const connection of connections) connection.disconnect();
  });

  test('time is Redis’s own, and a cool-down ends with it', async () => {
    const admission = createRedisAdmission({ redis, prefix });
    const target = { providerId: 'real', keyId: 'k', model: 'm' };
    await admission.coolDown(target, 60);
    const refused = await admission.acquire(request({ providerId: 'real', keys: [keyWith({})] }));
    expect(refused).toMatchObject({ granted: false, scope: 'rest' });
    await sleep(70);
    expect(await admission.acquire(request({ providerId: 'real', keys: [keyWith({})] }))).toMatchObject({ granted: true });
  });

  test('every key in Redis has an end, and a key without limits leaves none', async () => {
    const own = uniquePrefix();
    const admission = createRedisAdmission({ redis, prefix: own });
    await admission.acquire(request({ keys: [keyWith({})] }));
    expect(await redis.keys(`${own}:*`)).toEqual([]);
    const answer = await admission.acquire(request({ keys: [keyWith({ rpm: 5, tpm: 500, concurrency: 5 })], isBatch: true }));
    if (!answer.granted) throw new Error('refused');
    await admission.renew([answer.lease]);
    await admission.release(answer.lease, { actualTokens: 400 });
    await admission.acquire(request({ keys: [keyWith({ rpm: 5, tpm: 500, concurrency: 5 })], isBatch: true, tokens: 1 }));
    await admission.coolDown({ providerId: 'p', keyId: 'k', model: 'm' }, 5000);
    const names = await redis.keys(`${own}:*`);
    expect(names.toSorted()).toEqual(['batch:k', 'rests', 'stamps:k', 'tokens:k'].map((name) => `${own}:limits:{p}:${name}`));
    for (const name of names) expect(await redis.pttl(name)).toBeGreaterThan(0);
  });

  test('a Redis that is away is an error for everybody who asked, at once', async () => {
    const away = new Redis(testRedisUrl(), { lazyConnect: true, enableOfflineQueue: false });
    const admission = createRedisAdmission({ redis: away, prefix });
    const asked = await Promise.allSettled([1, 2, 3, 4, 5].map(() => admission.acquire(request({ keys: [keyWith({})] }))));
    expect(asked.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
  });
});

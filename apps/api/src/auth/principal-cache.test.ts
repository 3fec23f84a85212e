import type { Principal } from '@sluice/core';
import { expect, test } from 'vitest';
import { createPrincipalCache, type Recognised } from './principal-cache.ts';

const principal: Principal = { userId: 'usr_1', role: 'user', apiKeyId: null, scopes: [], requestsPerMinute: null };

function world({ entriesMax = 10 } = {}) {
  let nowMs = 1_000_000;
  let looks = 0;
  const cache = createPrincipalCache({ clock: () => new Date(nowMs), entriesMax });
  const look = (answer: Recognised | null | Error) => () => {
    looks += 1;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { cache, look, looks: () => looks, forward: (ms: number) => void (nowMs += ms), nowMs: () => nowMs };
}

test('a credential is looked up once in 10 s, by however many ask at once', async () => {
  const { cache, look, looks, forward } = world();
  const found = look({ principal, validUntilMs: null });
  await Promise.all(Array.from({ length: 50 }, () => cache.find('a', found)));
  forward(9999);
  expect(await cache.find('a', found)).toBe(principal);
  expect(looks()).toBe(1);
  forward(1);
  await cache.find('a', found);
  expect(looks()).toBe(2);
});

test('a credential is never remembered beyond its own end', async () => {
  const { cache, look, looks, forward, nowMs } = world();
  await cache.find('a', look({ principal, validUntilMs: nowMs() + 3000 }));
  forward(2999);
  expect(await cache.find('a', look(null))).toBe(principal);
  forward(1);
  expect(await cache.find('a', look(null))).toBeNull();
  expect(looks()).toBe(2);
});

test('a wrong credential is remembered for a second', async () => {
  const { cache, look, looks, forward } = world();
  await cache.find('a', look(null));
  forward(999);
  expect(await cache.find('a', look({ principal, validUntilMs: null }))).toBeNull();
  forward(1);
  expect(await cache.find('a', look({ principal, validUntilMs: null }))).toBe(principal);
  expect(looks()).toBe(2);
});

test('a look that fails fails for those who wait for it, and is tried again by the next', async () => {
  const { cache, look, looks } = world();
  await expect(cache.find('a', look(new Error('no database')))).rejects.toThrow('no database');
  expect(await cache.find('a', look({ principal, validUntilMs: null }))).toBe(principal);
  expect(looks()).toBe(2);
});

test('only the credentials used last are kept', async () => {
  const { cache, look, looks } = world({ entriesMax: 2 });
  const found = look({ principal, validUntilMs: null });
  for (const hash of ['a', 'b', 'a', 'c']) await cache.find(hash, found);
  expect(looks()).toBe(3);
  await cache.find('a', found);
  expect(looks()).toBe(3);
  await cache.find('b', found);
  expect(looks()).toBe(4);
});

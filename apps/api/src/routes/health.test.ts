import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { createDrain } from '../http/drain.ts';
import { healthRoutes, type HealthRoutesParts } from './health.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function ask(path: string, parts: Partial<HealthRoutesParts>): Promise<{ status: number; body: unknown }> {
  const whole = { clock: () => new Date(100_000), drain: createDrain(), probes: [], readyChecks: [], registry: new Registry(), ...parts };
  server = createServer(express().use(healthRoutes(whole))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return { status: response.status, body: await response.json() };
}

test('a loop that has stood still too long is named, and the process is not alive', async () => {
  const probe = (name: string, lastMs: number) => ({ name, lastTurnAt: () => lastMs, ageMaxMs: 30_000 });
  expect(await ask('/livez', { probes: [probe('sweep', 70_000)] })).toEqual({ status: 200, body: { status: 'alive', stuck: [] } });
  expect(await ask('/livez', { probes: [probe('sweep', 69_999), probe('settle', 99_000)] })).toEqual({
    status: 503,
    body: { status: 'stuck', stuck: ['sweep'] },
  });
});

test('what fails or does not answer is named, and nobody should send requests', async () => {
  const readyChecks = [
    { name: 'database', check: () => Promise.resolve() },
    { name: 'redis', check: () => Promise.reject(new Error('refused')) },
    { name: 'half-open', check: () => new Promise<void>(() => {}) },
  ];
  expect(await ask('/readyz', { readyChecks })).toEqual({ status: 503, body: { status: 'not ready', failing: ['redis', 'half-open'] } });
});

test('a process that is stopping is not ready, and still alive', async () => {
  const drain = createDrain();
  drain.start();
  expect((await ask('/readyz', { drain })).body).toEqual({ status: 'not ready', failing: ['draining'] });
  expect((await ask('/livez', { drain })).status).toBe(200);
});

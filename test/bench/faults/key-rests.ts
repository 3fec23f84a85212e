import { sleep } from '@sluice/platform';
import type { SimCall } from '@sluice/providers';
import { addModel, addProvider, asking, submitAll, untilEnded } from '../../support/provider-setup.ts';
import { atLeast, atMost, exactly, type FaultFigure } from './fault-report.ts';
import type { FaultStage } from './fault-stage.ts';

const places = 10;
const warmUpMs = 5000;
const beforeMs = 20_000;
const restS = 20;
/** What was under way at the first 429 may still arrive. */
const travelMs = 250;

/** Two keys, both always full; one is told to be left alone for 20 s. */
export async function keyRests(stage: FaultStage): Promise<FaultFigure[]> {
  const { simulator, user } = stage;
  simulator.ledger.clear();
  const keys = ['sk-rests-aaaa', 'sk-rests-bbbb'];
  await addProvider(stage, { name: 'rests', baseUrl: simulator.baseUrl, keys, limits: { concurrency: places } });
  await addModel(stage, 'rests', ['rests']);
  // An answer takes a second, so that 20 places give 20 a second: enough for the whole run.
  const ids = await submitAll(
    user,
    Array.from({ length: 1000 }, () => asking('rests', { tokens: 20, tokens_per_s: 20 }, { max_attempts: 10 })),
  );
  await sleep(warmUpMs);
  const fromMs = Date.now();
  await sleep(beforeMs);
  simulator.setFaults({ keys: { aaaa: { status: 429, retry_after: restS } } });
  const refused = () => simulator.ledger.calls().filter(({ key, status }) => key === 'aaaa' && status === 429);
  while (refused().length === 0) await sleep(5);
  const firstMs = refused()[0]?.startedAt ?? 0;
  await sleep(travelMs);
  simulator.setFaults({});
  await sleep(restS * 1000);
  for (let at = 0; at < ids.length; at += 50)
    await Promise.all(ids.slice(at, at + 50).map((id) => user.call.post(`/v1/jobs/${id}/cancel`)));
  await untilEnded(user, ids);

  const calls = simulator.ledger.calls();
  const before = workWithin(calls, { key: 'bbbb', fromMs, toMs: firstMs });
  const during = workWithin(calls, { key: 'bbbb', fromMs: firstMs, toMs: firstMs + restS * 1000 });
  const early = calls.filter(
    ({ key, startedAt }) => key === 'aaaa' && startedAt > firstMs + travelMs && startedAt < firstMs + restS * 1000,
  );
  const name = 'b: 429, Retry-After 20';
  return [
    exactly(name, 'calls of the key in those 20 s', 0, early.length),
    atMost(name, 'calls of it that were refused', places * 2, refused().length),
    atLeast(name, "the other key's answers a second, during / before", 0.95, during / before),
  ];
}

interface Window {
  key: string;
  fromMs: number;
  toMs: number;
}

/** Answers a second, where one that reaches over a border of the window counts by its part inside. */
function workWithin(calls: SimCall[], { key, fromMs, toMs }: Window): number {
  const parts = calls
    .filter((call) => call.key === key && call.outcome === 'completed')
    .map(({ startedAt, endedAt }) => {
      const end = endedAt ?? startedAt;
      return Math.max(0, Math.min(end, toMs) - Math.max(startedAt, fromMs)) / Math.max(1, end - startedAt);
    });
  return parts.reduce((sum, part) => sum + part, 0) / ((toMs - fromMs) / 1000);
}

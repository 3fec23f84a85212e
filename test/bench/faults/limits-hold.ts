import { addModel, addProvider, asking, mostAtOnce, mostWithin, submitAll, untilEnded } from '../../support/provider-setup.ts';
import { atLeast, atMost, exactly, type FaultFigure } from './fault-report.ts';
import type { FaultStage } from './fault-stage.ts';
import { watchStamps } from './watch-stamps.ts';

const windowMs = 60_000;
/** A call reaches the provider a little after it was admitted, the first of a window perhaps later than the last. */
const travelMs = 1000;
const [rpm, concurrency, tpm] = [60, 4, 6000];

/** Four workers on three keys, twice as many jobs as a minute allows. */
export async function limitsHold(stage: FaultStage): Promise<FaultFigure[]> {
  const { simulator, user } = stage;
  simulator.ledger.clear();
  const keys = ['sk-limits-aaaa', 'sk-limits-bbbb', 'sk-limits-cccc'];
  const providerId = await addProvider(stage, { name: 'counted', baseUrl: simulator.baseUrl, keys, limits: { rpm, concurrency } });
  await addModel(stage, 'counted', ['counted']);
  await addProvider(stage, { name: 'weighed', baseUrl: simulator.baseUrl, keys: ['sk-weighed-dddd'], limits: { tpm } });
  await addModel(stage, 'weighed', ['weighed']);
  const watch = watchStamps(stage, providerId);
  const counted = Array.from({ length: 2 * 3 * rpm }, () => asking('counted', { tokens: 30, tokens_per_s: 30 }));
  const weighed = Array.from({ length: 120 }, () => asking('weighed', { tokens: 80 }, { params: { max_tokens: 100 } }));
  const jobs = await untilEnded(user, await submitAll(user, [...counted, ...weighed]));
  await watch.close();

  const name = 'a: 4 workers, 3 keys';
  const granted = [...watch.stamps().values()];
  const most = Math.max(
    ...granted.map((stamps) =>
      mostWithin(
        windowMs,
        stamps.map((at) => ({ at, weight: 1 })),
      ),
    ),
  );
  const calls = (key: string) => simulator.ledger.calls().filter((call) => call.key === key);
  const atOnce = Math.max(...['aaaa', 'bbbb', 'cccc'].map((key) => mostAtOnce(calls(key))));
  const promptTokens = jobs.at(-1)?.usage.input_tokens ?? 0;
  const used = calls('dddd').map((call) => ({ at: call.startedAt, weight: promptTokens + call.tokens }));
  return [
    exactly(
      name,
      'jobs completed without a failure',
      jobs.length,
      jobs.filter(({ status, failures }) => status === 'completed' && failures === 0).length,
    ),
    exactly(name, 'grants whose time was seen', counted.length, granted.flat().length),
    atMost(name, 'most grants of a key in any 60 s (its stamps)', rpm, most),
    atMost(name, 'most calls of a key at once (the provider)', concurrency, atOnce),
    atMost(name, 'most tokens of a key in a minute', tpm * 1.05, mostWithin(windowMs - travelMs, used)),
    atLeast(name, 'and it is used', tpm * 0.8, mostWithin(windowMs - travelMs, used)),
  ];
}

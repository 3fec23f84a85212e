import { sleep } from '@sluice/platform';
import { addModel, addProvider, asking, mostAtOnce, submitAll, untilEnded } from '../../support/provider-setup.ts';
import { atMost, exactly, type FaultFigure } from './fault-report.ts';
import type { FaultStage } from './fault-stage.ts';

const leaseS = 30;
const places = 4;

/** All workers are killed while they hold every place of a key; a new one takes over. */
export async function killedWorker(stage: FaultStage): Promise<FaultFigure[]> {
  const { simulator, user, workers, startWorker } = stage;
  simulator.ledger.clear();
  await addProvider(stage, { name: 'narrow', baseUrl: simulator.baseUrl, keys: ['sk-narrow-aaaa'], limits: { concurrency: places } });
  await addModel(stage, 'narrow', ['narrow']);
  const slow = Array.from({ length: places }, () => asking('narrow', { tokens: 600, tokens_per_s: 10 }, { params: { max_tokens: 1000 } }));
  const held = await submitAll(user, slow);
  const calls = () => simulator.ledger.calls().filter(({ key }) => key === 'aaaa');
  while (calls().length < places) await sleep(20);
  const waiting = await submitAll(
    user,
    Array.from({ length: 2 * places }, () => asking('narrow', { tokens: 5 })),
  );
  await Promise.all([...workers.values()].map((worker) => worker.end('SIGKILL')));
  const killedAt = Date.now();
  workers.clear();
  await startWorker('successor');
  while ((await placesTaken(stage)) === places) await sleep(50);
  const returnedMs = Date.now();
  while (!calls().some(({ startedAt }) => startedAt > killedAt)) await sleep(20);
  const firstMs = Math.min(...calls().flatMap(({ startedAt }) => (startedAt > killedAt ? startedAt : [])));
  const jobs = await untilEnded(user, [...waiting, ...held]);
  const name = 'e: workers killed';
  return [
    atMost(name, `seconds until the places are free again (lease ${leaseS} s)`, leaseS + 0.5, (returnedMs - killedAt) / 1000),
    atMost(name, 'seconds until one is used again', leaseS + 10, (firstMs - killedAt) / 1000),
    atMost(name, 'most calls of the key at once', places, mostAtOnce(calls())),
    exactly(name, 'jobs completed', jobs.length, jobs.filter(({ status }) => status === 'completed').length),
  ];
}

interface LaneKeys {
  provider: string;
  keys: { limits: { concurrency: { used: number } }[] }[];
}

/** As administrators see it. */
async function placesTaken({ admin }: FaultStage): Promise<number> {
  const { data } = (await admin.get('/v1/admin/lanes')).body as unknown as { data: LaneKeys[] };
  return data.find(({ provider }) => provider === 'narrow')?.keys[0]?.limits[0]?.concurrency.used ?? 0;
}

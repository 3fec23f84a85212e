import { addModel, addProvider, asking, submitAll, untilEnded } from '../../support/provider-setup.ts';
import { atMost, exactly, type FaultFigure } from './fault-report.ts';
import { timeoutS, type FaultStage } from './fault-stage.ts';

const jobsCount = 50;

/** The first vendor of a model never answers; the second does. */
export async function deadVendor(stage: FaultStage): Promise<FaultFigure[]> {
  const { simulator, elsewhere, user } = stage;
  elsewhere.ledger.clear();
  elsewhere.setFaults({ rates: { hang: 1 } });
  await addProvider(stage, { name: 'dead', baseUrl: elsewhere.baseUrl, keys: ['sk-dead-aaaa'] });
  await addProvider(stage, { name: 'alive', baseUrl: simulator.baseUrl, keys: ['sk-alive-bbbb'] });
  await addModel(stage, 'alone', ['alive']);
  await addModel(stage, 'covered', ['dead', 'alive']);
  const ask = async (model: string): Promise<number> => {
    const [job] = await untilEnded(user, await submitAll(user, [asking(model, { tokens: 5 })]));
    if (job?.status !== 'completed' || job.provider !== 'alive') throw new Error(`${model}: ${JSON.stringify(job)}`);
    return job.timings.total_ms;
  };
  await ask('alone');
  const alone = await times(jobsCount, () => ask('alone'));
  const firstMs = await ask('covered');
  const callsOfFirst = elsewhere.ledger.calls().length;
  const covered = await times(jobsCount, () => ask('covered'));
  const name = 'd: dead vendor, fallback';
  return [
    atMost(name, `the first job takes longer by, ms (time-out ${timeoutS} s)`, timeoutS * 1000 + 500, firstMs - middle(alone)),
    exactly(name, 'calls of the dead vendor by the first job', 1, callsOfFirst),
    atMost(name, `the next ${jobsCount} take longer by (median), ms`, 100, middle(covered) - middle(alone)),
    // One job tries it again after 5, 10, 20 and 40 s, and waits for the time-out.
    atMost(name, 'of them, probes that waited for the time-out', 4, covered.filter((ms) => ms > timeoutS * 1000).length),
  ];
}

async function times(count: number, ask: () => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i += 1) all.push(await ask());
  return all;
}

const middle = (figures: number[]): number => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

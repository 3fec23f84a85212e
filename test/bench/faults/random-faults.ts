import { addModel, addProvider, asking, submitAll, untilEnded } from '../../support/provider-setup.ts';
import { atMost, exactly, type FaultFigure } from './fault-report.ts';
import type { FaultStage } from './fault-stage.ts';

const maxAttempts = 6;
const rates = { rate_limited: 0.02, server_error: 0.02, reset: 0.02, cut: 0.02, stall: 0.01, garbage: 0.01 };

/** Every tenth call fails in some way, and no job does. */
export async function randomFaults(stage: FaultStage, jobsCount: number): Promise<FaultFigure[]> {
  const { simulator, user, admin } = stage;
  simulator.ledger.clear();
  simulator.setFaults({ seed: 20, rates });
  await addProvider(stage, { name: 'shaky', baseUrl: simulator.baseUrl, keys: ['sk-shaky-aaaa', 'sk-shaky-bbbb', 'sk-shaky-cccc'] });
  await addModel(stage, 'shaky', ['shaky']);
  const balance = async () => Math.round(Number((await user.call.get('/v1/wallet')).body['balance']) * 10_000);
  const before = await balance();
  const startedAt = Date.now();
  const asked = Array.from({ length: jobsCount }, (_, i) =>
    asking('shaky', { tag: `f${i}`, tokens: 20 + (i % 50) }, { max_attempts: maxAttempts }),
  );
  const ids = await submitAll(user, asked);
  await untilEnded(user, ids);
  const tookS = (Date.now() - startedAt) / 1000;
  while (Number(((await user.call.get('/v1/wallet')).body as { held?: string }).held ?? 1) > 0)
    await new Promise((resolve) => setTimeout(resolve, 200));
  const jobs = await untilEnded(user, ids);
  simulator.setFaults({});

  const calls = Map.groupBy(simulator.ledger.calls(), ({ tag }) => tag);
  const all = asked.map((_, i) => calls.get(`f${i}`) ?? []);
  // 1 credit for 1,000 tokens in and 2 for 1,000 out, in tenths of a thousandth, so that the sum is exact.
  const oracle = jobs.map(({ usage }) => usage.input_tokens * 10 + usage.output_tokens * 20);
  const charged = jobs.map(({ billing }) => Math.round(Number(billing.cost) * 10_000));
  const answered = jobs.map(({ usage }, i) => all[i]?.findLast(({ outcome }) => outcome === 'completed')?.tokens === usage.output_tokens);
  const failed = all.flat().filter(({ outcome }) => outcome !== 'completed').length;
  const name = `c: 10 % faults, ${jobsCount} jobs`;
  return [
    {
      scenario: name,
      what: 'calls that failed; seconds for all jobs',
      aim: 'about 10 %',
      measured: `${((100 * failed) / all.flat().length).toFixed(1)} %; ${tookS.toFixed(0)} s`,
      isGood: failed > 0,
    },
    exactly(name, 'jobs completed', jobsCount, jobs.filter(({ status }) => status === 'completed').length),
    exactly(name, 'charges that equal the oracle', jobsCount, charged.filter((cost, i) => cost === oracle[i]).length),
    exactly(name, 'charged tokens that the provider sent', jobsCount, answered.filter(Boolean).length),
    exactly(name, 'wallet: paid less the sum of the oracle', 0, before - (await balance()) - oracle.reduce((sum, cost) => sum + cost, 0)),
    exactly(name, 'findings of the audit', 0, Number((await admin.get('/v1/admin/audit')).body['findings'])),
    atMost(
      'f: calls of a job',
      `most calls of one job (max_attempts ${maxAttempts})`,
      maxAttempts,
      Math.max(...all.map((own) => own.length)),
    ),
  ];
}

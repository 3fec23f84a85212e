import { changeLanes, claimJobs, endLease, findAttempts, finishJobs, openOwnKeys, startLease, tidy } from '@sluice/core';
import { createBatcher, createLoop, type Closers, type Loop, type Probe } from '@sluice/platform';
import { startBatches } from './batches/start-batches.ts';
import { forgetOld } from './forget-old.ts';
import { keepLease } from './keep-lease.ts';
import { createLanes } from './lanes.ts';
import { createMessageTurns } from './message-turns.ts';
import { startModeration } from './moderation.ts';
import type { WorkerParts } from './parts.ts';
import { createOutputChecker } from './output-check/output-checker.ts';
import { createRunningAttempts } from './running-attempts.ts';
import { serveTwins } from './serve-twins.ts';
import { sweep } from './sweep.ts';
import { createWorkerMetrics } from './worker-metrics.ts';
import { startDeliveries } from './webhooks/start-deliveries.ts';
import type { WorkerState } from './worker-state.ts';

const rereadProvidersMs = 5000;
const tidyMs = 600_000;

/** After an abort, what an attempt may take to close its socket and write its row. */
const abortMs = 5000;

/** Starts to serve every enabled provider's lane. Its closing drains: running attempts may end within the grace time, the rest is given back. */
export async function startWorker(parts: WorkerParts, closers: Closers): Promise<Probe[]> {
  const state = { ...(await createState(parts)), moderation: await startModeration(parts, closers) };
  closers.add('output checker', () => state.outputChecker.close());
  closers.add('worker lease', () => endLease(parts.db.em(), state.workerId));
  const lease = keepLease(state);
  closers.add('lease loop', () => lease.close());

  const lanes = createLanes(state);
  closers.add('lanes', () => drain(state, lanes.close));
  const sweeping = sweep(state);
  closers.add('sweep', () => sweeping.close());
  const tidying = createLoop({ name: 'tidy', intervalMs: tidyMs, log: parts.log, turn: async () => (await tidy(parts.db.em()), 'rest') });
  closers.add('tidy', () => tidying.close());
  const forgetting = forgetOld(state);
  closers.add('forget', () => forgetting.close());
  const rereading = createLoop({
    name: 'lanes',
    intervalMs: rereadProvidersMs,
    log: parts.log,
    turn: async () => (await lanes.refresh(), 'rest'),
  });
  closers.add('lanes loop', () => rereading.close());

  closers.add('providers bell', await parts.bell.listen('providers', () => rereading.wake()));
  closers.add(
    'cancel bell',
    await parts.bell.listen('cancel', (jobId) => (jobId === undefined ? lease.wake() : state.running.stop(jobId, 'cancel'))),
  );
  closers.add('twins bell', await parts.bell.listen('twins', (jobId) => jobId !== undefined && void state.twins.add(jobId)));
  const delivering = await startDeliveries(parts, closers);
  const batching = await startBatches(parts, closers);
  return [probe('lease', lease), probe('sweep', sweeping), probe('lanes', rereading), delivering, ...batching];
}

/** Ten times what each loop takes when all is well. */
const probe = (name: string, loop: Loop): Probe => ({ name, lastTurnAt: () => loop.lastTurnAt(), ageMaxMs: 60_000 });

async function createState(parts: WorkerParts): Promise<Omit<WorkerState, 'moderation'>> {
  const em = () => parts.db.em();
  const running = createRunningAttempts();
  const metrics = createWorkerMetrics(parts.registry, running);
  return {
    ...parts,
    workerId: await startLease(em()),
    running,
    metrics,
    outputChecker: createOutputChecker(),
    turns: createMessageTurns(),
    leases: new Set(),
    look: createBatcher({ flush: (refs) => findAttempts(em(), refs) }),
    claim: createBatcher({ flush: (claims) => claimJobs(em(), claims) }),
    finish: createBatcher({ flush: (finished) => finishJobs(em(), finished) }),
    leave: createBatcher({ flush: (changes) => changeLanes(em(), changes) }),
    openOwnKeys: createBatcher({ flush: (owners) => openOwnKeys(em(), parts.vault, owners) }),
    twins: createBatcher({
      async flush(jobIds) {
        await serveTwins({ ...parts, metrics }, jobIds);
        return jobIds.map(() => undefined);
      },
    }),
  };
}

async function drain({ running, settings }: WorkerState, closeLanes: (graceMs: number) => Promise<void>): Promise<void> {
  const graceMs = settings.WORKER_GRACE_S * 1000;
  const giveBack = setTimeout(() => running.stopAll('shutdown'), graceMs);
  await closeLanes(graceMs + abortMs);
  clearTimeout(giveBack);
}

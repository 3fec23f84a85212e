import {
  createModelDirectory,
  createOwnKeyDirectory,
  createTemplateDirectory,
  findRemovableFiles,
  forgetFiles,
  releaseBatch,
  takeBatch,
  type BatchPhase,
  type TakenBatch,
} from '@sluice/core';
import { createLoop, type Closers, type Loop, type Probe } from '@sluice/platform';
import { Counter } from 'prom-client';
import type { BatchParts, BatchState } from './batch-state.ts';
import { finaliseStep } from './finalise-step.ts';
import { pumpStep } from './pump-step.ts';
import { validateStep } from './validate-step.ts';

/** A model's row may change this long before this process knows, should the bell be lost. */
const modelTtlMs = 5000;

/** After a fault a batch is looked at again after this. */
const faultMs = 5000;

const sweepFilesMs = 60_000;
const filesMax = 100;

/** Answers when to look again; a stopping worker breaks it off by the signal. */
type Step = (state: BatchState, batch: TakenBatch, signal: AbortSignal) => Promise<number | void>;

/**
 * Runs batches: reads their files, pumps their rows, writes their results. Each phase has a loop of its own, so that a large file
 * that is read or written holds up no other batch's rows. Every worker runs them; a batch is one worker's at a time, under a
 * lease, and everything that is done to it may be broken off and done again.
 */
export async function startBatches(parts: BatchParts, closers: Closers): Promise<Probe[]> {
  const em = () => parts.db.em();
  const models = createModelDirectory({ em, ttlMs: modelTtlMs });
  const cacheLookups = new Counter({
    name: 'sluice_batch_cache_lookups_total',
    help: 'Rows of batches that use the result cache, by what they found: an answer (hit), a call under way (twin), or nothing (miss)',
    labelNames: ['result'],
    registers: [parts.registry],
  });
  const directories = { models, templates: createTemplateDirectory({ em }), ownKeys: createOwnKeyDirectory({ em }) };
  const state = { ...parts, ...directories, cacheLookups };
  const loops = [
    phaseLoop(state, 'validate', { step: validateStep, intervalMs: 1000 }),
    phaseLoop(state, 'pump', { step: pumpStep, intervalMs: 200 }),
    phaseLoop(state, 'finalise', { step: finaliseStep, intervalMs: 300 }),
    { name: 'files', loop: sweepFiles(state) },
  ];
  for (const { name, loop } of loops) closers.add(`${name} loop`, () => loop.close());
  closers.add('batches bell', await parts.bell.listen('batches', () => loops.forEach(({ loop }) => loop.wake())));
  closers.add('batch models bell', await parts.bell.listen('providers', () => models.forget()));
  return loops.map(({ name, loop }) => ({ name, lastTurnAt: () => loop.lastTurnAt(), ageMaxMs: 600_000 }));
}

function phaseLoop(
  state: BatchState,
  phase: BatchPhase,
  { step, intervalMs }: { step: Step; intervalMs: number },
): { name: string; loop: Loop } {
  const name = `batches to ${phase}`;
  const loop = createLoop({
    name,
    intervalMs,
    log: state.log,
    async turn(signal) {
      for (
        let batch = await takeBatch(state.db.em(), phase);
        batch;
        batch = signal.aborted ? null : await takeBatch(state.db.em(), phase)
      ) {
        await runStep(state, { batch, step, signal });
      }
      return 'rest';
    },
  });
  return { name, loop };
}

/** A batch whose step fails is let go for a while, and holds up no other. */
async function runStep(state: BatchState, { batch, step, signal }: { batch: TakenBatch; step: Step; signal: AbortSignal }): Promise<void> {
  let lookInMs: number = faultMs;
  try {
    lookInMs = (await step(state, batch, signal)) ?? 0;
  } catch (err) {
    if (signal.aborted) lookInMs = 0;
    else state.log.error({ err, batchId: batch.id }, 'work on a batch failed; it is tried again');
  } finally {
    await releaseBatch(state.db.em(), batch, lookInMs);
  }
}

/** Removes what was deleted, has expired or was never finished. */
function sweepFiles({ db, content, log }: BatchState): Loop {
  return createLoop({
    name: 'files',
    intervalMs: sweepFilesMs,
    log,
    async turn() {
      const ids = await findRemovableFiles(db.em(), filesMax);
      for (const id of ids) await content.delete(id);
      await forgetFiles(db.em(), ids);
      return ids.length === filesMax ? 'again' : 'rest';
    },
  });
}

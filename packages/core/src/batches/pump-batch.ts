import { cancelQueuedOfBatch, requestCancel, type LaneMessagePlan } from '../jobs/index.ts';
import { collectRows, endPendingRows } from './end-rows.ts';
import { expireBatch, findOverstaying, readPumpState, startFinalising, type PumpState } from './pump-rows.ts';
import { refillBatch, type RefillParts } from './refill-batch.ts';
import type { TakenBatch } from './take-batch.ts';

/** What running rows of a cancelled batch have to end by themselves, as OpenAI has it. */
const cancelGraceS = 600;

/** What one look at a batch came to. */
export interface PumpStep {
  /** To be sent to the lanes. */
  messages: LaneMessagePlan[];
  /** True when something moved, and more may soon. */
  hasMoved: boolean;
  /** True when running jobs were marked for cancelling: their workers have to hear of it. */
  hasCancelled: boolean;
}

const rest: PumpStep = { messages: [], hasMoved: false, hasCancelled: false };

/**
 * One look at a batch: counts the rows that have ended, submits the next ones, ends those that may not start any more, and
 * hands the batch on when none is left. Every part of it may be broken off and done again, by this worker or another.
 */
export async function pumpBatch(parts: RefillParts, batch: TakenBatch): Promise<PumpStep> {
  const collected = await collectRows(parts.em(), batch.id);
  const state = await readPumpState(parts.em(), batch.id);
  if (!state) return rest;
  if (!state.hasPending && state.submitted === 0) {
    await startFinalising(parts.em(), batch.id);
    return { ...rest, hasMoved: true };
  }
  const step = await act(parts, batch, state);
  return { ...step, hasMoved: step.hasMoved || collected > 0 };
}

async function act(parts: RefillParts, batch: TakenBatch, state: PumpState): Promise<PumpStep> {
  if (state.isCancelling) return cancelRows(parts, batch);
  if (state.isExpired) return expireRows(parts, batch);
  if (state.isPaused) return rest;
  const messages = await refillBatch(parts, batch, state);
  return { ...rest, messages, hasMoved: messages.length > 0 };
}

async function cancelRows({ em }: RefillParts, { id }: TakenBatch): Promise<PumpStep> {
  const ended = await endPendingRows(em(), id, 'cancelled');
  const cancelled = await cancelQueuedOfBatch(em(), id);
  const overstaying = await findOverstaying(em(), id, cancelGraceS);
  if (overstaying.length > 0) await requestCancel(em(), overstaying);
  return { ...rest, hasMoved: ended + cancelled > 0, hasCancelled: overstaying.length > 0 };
}

/** Its jobs have the batch's own deadline: they end by themselves. */
async function expireRows({ em }: RefillParts, { id }: TakenBatch): Promise<PumpStep> {
  await expireBatch(em(), id);
  return { ...rest, hasMoved: (await endPendingRows(em(), id, 'expired')) > 0 };
}

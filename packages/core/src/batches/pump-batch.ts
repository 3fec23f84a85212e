import { cancelQueuedOfBatch, requestCancel, type CacheResult, type LaneMessagePlan } from '../jobs/index.ts';
import { collectRows, endPendingRows } from './end-rows.ts';
import { findOverstaying, readPumpState, startFinalising, type PumpState } from './pump-rows.ts';
import { refillBatch, type RefillParts } from './refill-batch.ts';
import type { TakenBatch } from './take-batch.ts';

/** What running rows of a cancelled batch have to end by themselves, as OpenAI has it. */
const cancelGraceS = 600;

/** What one look at a batch came to. */
export interface PumpStep {
  /** To be sent to the lanes. */
  messages: LaneMessagePlan[];
  /** `moving`: something was done, and there may be more at once. `running`: rows are out. `idle`: none is, and none can start for now. */
  pace: 'moving' | 'running' | 'idle';
  /** True when running jobs were marked for cancelling: their workers have to hear of it. */
  hasCancelled: boolean;
  /** What the rows that were submitted have found in the result cache. */
  cached: CacheResult[];
}

/** What was done to the rows themselves. */
interface Act {
  messages?: LaneMessagePlan[];
  moved: number;
  hasCancelled?: boolean;
  cached?: CacheResult[];
}

/**
 * One look at a batch: counts the rows that have ended, submits the next ones, ends those that may not start any more, and
 * hands the batch on when none is left. Every part of it may be broken off and done again, by this worker or another.
 */
export async function pumpBatch(parts: RefillParts, batch: TakenBatch): Promise<PumpStep> {
  const collected = await collectRows(parts.em(), batch.id);
  const state = await readPumpState(parts.em(), batch.id);
  if (!state) return { messages: [], pace: 'idle', hasCancelled: false, cached: [] };
  if (!state.hasPending && state.submitted === 0) {
    await startFinalising(parts.em(), batch.id);
    return { messages: [], pace: 'moving', hasCancelled: false, cached: [] };
  }
  const { messages = [], moved, hasCancelled = false, cached = [] } = await act(parts, batch, state);
  const pace = moved + collected > 0 ? 'moving' : state.submitted > 0 ? 'running' : 'idle';
  return { messages, pace, hasCancelled, cached };
}

async function act(parts: RefillParts, batch: TakenBatch, state: PumpState): Promise<Act> {
  if (state.isCancelling) return cancelRows(parts, batch);
  // Jobs that are out have the batch's own deadline: they end by themselves.
  if (state.isExpired) return { moved: await endPendingRows(parts.em(), batch.id, 'expired') };
  return state.isPaused ? { moved: 0 } : refillBatch(parts, batch, state);
}

async function cancelRows({ em }: RefillParts, { id }: TakenBatch): Promise<Act> {
  const ended = await endPendingRows(em(), id, 'cancelled');
  const cancelled = await cancelQueuedOfBatch(em(), id);
  const overstaying = await findOverstaying(em(), id, cancelGraceS);
  if (overstaying.length > 0) await requestCancel(em(), overstaying);
  return { moved: ended + cancelled, hasCancelled: overstaying.length > 0 };
}

import type { BatchRowStatus } from '@sluice/contract';
import {
  dropFile,
  finishBatch,
  keepBatch,
  readFinishState,
  readRows,
  renderRowResult,
  reserveFile,
  type BatchFile,
  type TakenBatch,
} from '@sluice/core';
import type { BatchState } from './batch-state.ts';

/** The last rows are settled this soon, as a rule. */
const settleMs = 300;

/** Rows rendered at a time. */
const pageRows = 200;

interface Results {
  statuses: BatchRowStatus[];
  /** Breaks the writing off. */
  signal: AbortSignal;
}

/**
 * Writes a batch's files and ends it; answers when to look again if its rows are not settled yet. The files are written under
 * new ids and shown with the end, in one transaction: a worker that dies in the middle leaves the next one nothing but to begin
 * anew, and readers see one file of each kind, with each row in one of them once.
 */
export async function finaliseStep(state: BatchState, batch: TakenBatch, signal: AbortSignal): Promise<number> {
  const { db, clock, bell } = state;
  const { completed, failed, isSettled } = await readFinishState(db.em(), batch.id);
  if (!isSettled) return settleMs;
  const output = completed > 0 ? await writeFile(state, batch, { statuses: ['completed'], signal }) : null;
  const error = failed > 0 ? await writeFile(state, batch, { statuses: ['failed', 'cancelled', 'expired'], signal }) : null;
  if (await finishBatch(db.em(), batch, { output, error, now: clock() })) bell.ring('deliveries');
  else for (const file of [output, error]) if (file) await dropFile(db.em(), file.id);
  return 0;
}

async function writeFile(state: BatchState, batch: TakenBatch, results: Results): Promise<BatchFile> {
  const id = await reserveFile(state.db.em(), batch.userId, state.clock());
  return { id, bytes: await state.content.put(id, renderResults(state, batch, results)) };
}

/** A line a row. Each page renews the lease, and ends the writing when it is lost. */
async function* renderResults({ db }: BatchState, batch: TakenBatch, { statuses, signal }: Results): AsyncGenerator<Uint8Array> {
  for (let afterLine = 0; ;) {
    signal.throwIfAborted();
    if (!(await keepBatch(db.em(), batch, 'finalise'))) throw new Error(`the batch ${batch.id} was taken by another worker`);
    const rows = await readRows(db.em(), batch.id, { statuses, afterLine, limit: pageRows });
    const last = rows.at(-1);
    if (!last) return;
    yield Buffer.from(rows.map((row) => `${JSON.stringify(renderRowResult(batch.endpoint, row))}\n`).join(''));
    afterLine = last.line;
  }
}

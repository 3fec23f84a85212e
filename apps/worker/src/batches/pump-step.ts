import { pumpBatch, type TakenBatch } from '@sluice/core';
import type { BatchState } from './batch-state.ts';
import { readRowLines } from './input-lines.ts';

/** While rows move, their batch is looked at this often: with 200 rows waiting in front, that is enough for 1,000 a second. */
const busyMs = 200;
const idleMs = 1000;

/** One look at a batch whose rows run; answers when to look again. */
export async function pumpStep(state: BatchState, batch: TakenBatch): Promise<number> {
  const { db, clock, bell, producer, content, models, templates } = state;
  const parts = {
    em: () => db.em(),
    models,
    templates,
    now: clock(),
    readLines: (rows: Parameters<typeof readRowLines>[2]) => readRowLines(content, batch.inputFileId, rows),
  };
  const { messages, hasMoved, hasCancelled } = await pumpBatch(parts, batch);
  if (messages.length > 0) await producer.send(messages);
  if (hasCancelled) bell.ring('cancel');
  if (hasMoved) bell.ring('settle');
  return hasMoved ? busyMs : idleMs;
}

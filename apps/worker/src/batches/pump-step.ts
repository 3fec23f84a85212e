import { pumpBatch, type TakenBatch } from '@sluice/core';
import type { BatchState } from './batch-state.ts';
import { readRowLines } from './input-lines.ts';

/** When to look again. With 200 rows waiting in front, the first is enough for 1,000 rows a second; to the last the bell rings before. */
const lookInMs = { moving: 200, running: 1000, idle: 5000 };

/** One look at a batch whose rows run; answers when to look again. */
export async function pumpStep(state: BatchState, batch: TakenBatch): Promise<number> {
  const { db, clock, bell, producer, content, models, templates, ownKeys, wordRules, settings } = state;
  const parts = {
    em: () => db.em(),
    models,
    templates,
    ownKeys,
    wordRules,
    settings,
    now: clock(),
    readLines: (rows: Parameters<typeof readRowLines>[2]) => readRowLines(content, batch.inputFileId, rows),
  };
  const { messages, pace, hasCancelled, cached } = await pumpBatch(parts, batch);
  for (const result of cached) state.cacheLookups.inc({ result });
  if (messages.length > 0) await producer.send(messages);
  if (hasCancelled) bell.ring('cancel');
  return lookInMs[pace];
}

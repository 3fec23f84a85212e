import { ContentMissing } from '@sluice/content';
import { failBatch, validateBatch, type TakenBatch } from '@sluice/core';
import type { BatchState } from './batch-state.ts';
import { readInput } from './input-lines.ts';

/** Reads and checks a batch's input file, once. */
export async function validateStep(state: BatchState, batch: TakenBatch, signal: AbortSignal): Promise<void> {
  const { db, clock, bell, log, settings, models, templates, ownKeys, wordRules } = state;
  const isSingleModel = batch.endpoint !== '/v1/jobs' && settings.BATCH_SINGLE_MODEL === 'true';
  const input = { lines: readInput({ content: state.content, fileId: batch.inputFileId, signal }), rules: { isSingleModel }, now: clock() };
  try {
    await validateBatch({ em: () => db.em(), models, templates, ownKeys, wordRules, settings }, batch, input);
  } catch (error) {
    if (!(error instanceof ContentMissing)) throw error;
    log.error({ err: error, batchId: batch.id }, 'the input file is not where this worker looks: API and worker need one DATA_DIR, or S3');
    const fault = {
      code: 'invalid_request' as const,
      message: 'The content of the input file cannot be found.',
      param: 'input_file_id',
      line: null,
    };
    await failBatch(db.em(), batch, { faults: [fault], now: clock() });
  }
  bell.ring('batches');
  bell.ring('deliveries');
}

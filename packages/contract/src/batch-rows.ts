import { z } from 'zod';
import { Credits } from './credits.ts';

/** What became of a line: `pending` waits for its turn, `submitted` has a job. */
export const BatchRowStatus = z.enum(['pending', 'submitted', 'completed', 'failed', 'cancelled', 'expired']);
export type BatchRowStatus = z.infer<typeof BatchRowStatus>;

/** What a line came to, as in the output or the error file. */
export const BatchRowResult = z.object({
  id: z.string(),
  custom_id: z.string(),
  response: z.object({ status_code: z.int(), request_id: z.string(), body: z.unknown() }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type BatchRowResult = z.infer<typeof BatchRowResult>;

/** A row of a batch. `response` and `error` are null until it has ended. */
export const BatchRowObject = BatchRowResult.extend({
  object: z.literal('batch.row'),
  line: z.int().positive(),
  status: BatchRowStatus,
  job_id: z.string().nullable(),
  seq: z.int().nullable().meta({ description: 'In which order the rows ended; null until it has' }),
  cost: Credits.nullable().meta({ description: 'Null until its job is settled' }),
}).meta({ id: 'BatchRow' });
export type BatchRowObject = z.infer<typeof BatchRowObject>;

/**
 * `finished` lists the rows that have ended in the order they ended, so that a reader who keeps the `last_id` of each page sees
 * each once, also while the batch runs; a row that is tried again comes again. All else is in the order of the lines.
 */
export const BatchRowListQuery = z.strictObject({
  status: z.enum([...BatchRowStatus.options, 'finished']).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().max(64).optional().meta({ description: 'The `last_id` of the page before' }),
});
export type BatchRowListQuery = z.infer<typeof BatchRowListQuery>;

import { z } from 'zod';

/** Arrays come as `include[]`, which Express leaves as it is. What is asked to be included is not made here. */
const include = z.unknown().optional();

const sequenceNumber = z
  .string()
  .regex(/^(-1|\d{1,15})$/, { error: 'must be a sequence number' })
  .transform(Number);

/** The query of a retrieve. */
export const ResponseQuery = z.object({
  include,
  stream: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  starting_after: sequenceNumber.optional().meta({ description: 'Only events after this one; -1 is before the first' }),
});

export const InputItemsQuery = z.object({
  include,
  limit: z.coerce.number({ error: 'must be a whole number from 1 to 100' }).int().min(1).max(100).default(20),
  after: z.string().max(128).optional(),
  order: z.enum(['asc', 'desc']).default('desc'),
});

import { z } from 'zod';

/** Credits: a decimal string with at most 4 places, up to 16 digits before the point, as `numeric(20,4)` holds it. */
export const Credits = z
  .string()
  .regex(/^\d{1,16}(\.\d{1,4})?$/, { error: 'must be a decimal string such as "12.5", with at most 4 places' })
  .meta({ id: 'Credits', description: 'Credits as a decimal string with 4 places', examples: ['12.5000'] });

/** More than nothing. */
export const PositiveCredits = Credits.refine((value) => /[1-9]/.test(value), { error: 'must be more than 0' });

/** What a job's whole price is multiplied with: 1 as a rule, less or more where the product says so, 0 for nothing. */
export const PriceFactor = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,4})?$/, { error: 'must be a decimal string such as "0.2", with at most 4 places' });

/** A price per 1,000 tokens, in credits: at most 10 places. */
export const UnitPrice = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,10})?$/, { error: 'must be a decimal string such as "0.0025", with at most 10 places' });

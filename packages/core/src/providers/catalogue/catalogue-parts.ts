import { z } from 'zod';

/** When the catalogue was compiled. Nothing in it is dated later; announced prices take effect after it. */
export const compiledOn = '2026-11-20';

/** A price in the provider's currency: a decimal string without exponent, sign or leading zeros. Free is "0". */
export const Amount = z.string().regex(/^(0|[1-9]\d*)(\.\d+)?$/, { error: 'is not a plain decimal' });

export const Url = z.string().regex(/^https?:\/\/\S+$/, { error: 'is not an http or https URL' });
export const Currency = z.enum(['USD', 'CNY']);
export const Confidence = z.enum(['high', 'medium', 'low']);
export const PastDate = z.iso.date().refine((date) => date <= compiledOn, { error: 'lies after the day the catalogue was compiled' });

export const filled = z.string().regex(/\S/, { error: 'is empty' });
export const positive = z.int().positive();

/** A share of a price: above 0 and below 1. */
export const Share = Amount.refine((value) => /^0\.\d*[1-9]/.test(value), { error: 'is not between 0 and 1' });

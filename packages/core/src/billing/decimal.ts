/**
 * Exact decimals as integers: a value of 1.5 at scale 4 is 15000n. Money never passes through a float, and nothing here rounds
 * but `roundHalfUp` and `roundUp`, which say so.
 */

/** Places of an amount of credits, as `numeric(20,4)` stores it. */
export const creditScale = 4;

/** The integer that `text` is at this scale. Throws a RangeError for what is no decimal or has more places. */
export function parseDecimal(text: string, scale: number): bigint {
  const match = /^(-?)(\d+)(?:\.(?=\d)(\d*?)0*)?$/.exec(text);
  const [, sign = '', whole = '', places = ''] = match ?? [];
  if (!match || places.length > scale) throw new RangeError(`${JSON.stringify(text)} is not a decimal with at most ${scale} places`);
  return BigInt(sign + whole + places.padEnd(scale, '0'));
}

/** The decimal string of `units` at this scale, with all its places. */
export function renderDecimal(units: bigint, scale: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`;
}

/** As `renderDecimal`, without zeros at the end. */
export function renderShortest(units: bigint, scale: number): string {
  const text = renderDecimal(units, scale);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `units` with `places` fewer places; ties go away from zero, as PostgreSQL's round() has it. For amounts of 0 and more. */
export function roundHalfUp(units: bigint, places: number): bigint {
  const divisor = 10n ** BigInt(places);
  return (units + divisor / 2n) / divisor;
}

/** `units` with `places` fewer places, never less than it was. For amounts of 0 and more. */
export function roundUp(units: bigint, places: number): bigint {
  const divisor = 10n ** BigInt(places);
  return (units + divisor - 1n) / divisor;
}

export const parseCredits = (text: string): bigint => parseDecimal(text, creditScale);

export const renderCredits = (units: bigint): string => renderDecimal(units, creditScale);

export const smallerOf = (a: bigint, b: bigint): bigint => (a < b ? a : b);

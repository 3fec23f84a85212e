import { z } from 'zod';

/** A text that PostgreSQL can store and any reader can show: no NUL, no half of a surrogate pair. */
export function text(maxLength: number) {
  return z.string().max(maxLength).refine(isStorable, { error: 'contains a NUL character or half of a surrogate pair' });
}

export function isStorable(value: string): boolean {
  return value.isWellFormed() && !value.includes('\u0000');
}

/** Model output made storable: U+FFFD stands for what cannot be stored. Join halves that deltas cut apart before. */
export function toStorable(value: string): string {
  return isStorable(value) ? value : value.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Opaque JSON of a caller (tools, schemas, metadata): kept as it is, every text in it storable. */
export const OpaqueJson = z.unknown().refine((value) => isStorable(stringsOf(value)), {
  error: 'contains a NUL character or half of a surrogate pair',
});

function stringsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, item]) => `${key} ${stringsOf(item)}`)
    .join(' ');
}

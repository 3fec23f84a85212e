import type { KeyRest } from './admission.ts';
import type { Breaker } from './breaker.ts';
import { compare, presentRest } from './key-rests.ts';

/** What the list script answers: the time, then the fields of the hash in turn with their JSON texts. */
export function readRests(answer: unknown): KeyRest[] {
  const [now, fields] = answer as [string, string[]];
  const rests: KeyRest[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [field = '', json = ''] = fields.slice(i, i + 2);
    const border = field.indexOf(':');
    const target = { providerId: '', keyId: field.slice(0, border), model: field.slice(border + 1) };
    const breaker = JSON.parse(json) as Breaker & { coolUntilMs: number };
    rests.push(...presentRest({ target, coolUntilMs: breaker.coolUntilMs, breaker }, Number(now)));
  }
  return rests.toSorted((a, b) => compare(a.keyId, b.keyId) || compare(a.model, b.model));
}

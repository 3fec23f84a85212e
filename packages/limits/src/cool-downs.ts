import type { CoolDownTarget } from './admission.ts';

/** Which keys rest for which models, in one process. */
export interface CoolDowns {
  leftMs(target: CoolDownTarget, nowMs: number): number;
  /** Never ends an earlier one sooner. */
  add(target: CoolDownTarget, untilMs: number): void;
  sweep(nowMs: number): void;
}

export function createCoolDowns(): CoolDowns {
  const untilMs = new Map<string, number>();
  const nameOf = ({ providerId, keyId, model }: CoolDownTarget): string => [providerId, keyId, model].join('\n');
  return {
    leftMs: (target, nowMs) => Math.max(0, (untilMs.get(nameOf(target)) ?? 0) - nowMs),
    add: (target, endMs) => void untilMs.set(nameOf(target), Math.max(untilMs.get(nameOf(target)) ?? 0, endMs)),
    sweep(nowMs) {
      for (const [name, endMs] of untilMs) if (endMs <= nowMs) untilMs.delete(name);
    },
  };
}

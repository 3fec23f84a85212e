import type { SimDirective } from './sim-directive.ts';

const triesMax = 10_000;

/** Says whether this call of a directive with `fail_first` or `fail_every` is one that fails. */
export interface SimTries {
  apply(directive: SimDirective, prompt: string): SimDirective;
}

const faultFields = ['status', 'body', 'html', 'hang', 'stall_at', 'cut_at', 'reset_at', 'garbage_at', 'error_at', 'no_usage'] as const;

/** Counts the calls of each tag, or of each prompt without one, and takes the faults out of those that are to succeed. */
export function createSimTries(): SimTries {
  const tries = new Map<string, number>();

  function count(key: string): number {
    const nth = (tries.get(key) ?? 0) + 1;
    tries.delete(key);
    tries.set(key, nth);
    const [oldest] = tries.keys();
    if (tries.size > triesMax && oldest !== undefined) tries.delete(oldest);
    return nth;
  }

  return {
    apply(directive, prompt) {
      const { fail_first: first, fail_every: every, tag } = directive;
      if (first === undefined && every === undefined) return directive;
      const nth = count(tag ?? `${JSON.stringify(directive)} ${prompt}`);
      const fails = (first !== undefined && nth <= first) || (every !== undefined && nth % every === 0);
      if (!fails) return withoutFaults(directive);
      return hasFault(directive) ? directive : { ...directive, status: 500 };
    },
  };
}

export function hasFault(directive: SimDirective): boolean {
  return faultFields.some((field) => directive[field] !== undefined);
}

function withoutFaults(directive: SimDirective): SimDirective {
  const rest = { ...directive };
  for (const field of faultFields) delete rest[field];
  return rest;
}

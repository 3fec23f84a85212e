import { z } from 'zod';
import { SimDirective } from './sim-directive.ts';
import { createRandom } from './sim-random.ts';

/** What each server-wide fault does to a call, in the words of a directive. Breaks come after 0 to 19 tokens. */
const faultDirectives = {
  rate_limited: () => ({ status: 429, retry_after: 1 }),
  server_error: () => ({ status: 500 }),
  overloaded: () => ({ status: 503 }),
  html: () => ({ status: 502, html: true }),
  hang: () => ({ hang: true }),
  stall: (at) => ({ stall_at: at }),
  cut: (at) => ({ cut_at: at }),
  reset: (at) => ({ reset_at: at }),
  garbage: (at) => ({ garbage_at: at }),
  error: (at) => ({ error_at: at }),
  no_usage: () => ({ no_usage: true }),
} satisfies Record<string, (at: number) => SimDirective>;

type FaultKind = keyof typeof faultDirectives;
const kinds = Object.keys(faultDirectives) as [FaultKind, ...FaultKind[]];

/** Faults of the whole server, as POST /sim/faults takes them; each request replaces all of them, `{}` ends them. */
export const SimFaults = z
  .strictObject({
    seed: z.int().nonnegative().default(1),
    rates: z.partialRecord(z.enum(kinds), z.number().min(0).max(1)).default({}),
    requests_per_minute: z.int().positive().optional(),
    concurrency: z.int().positive().optional(),
    /** What happens to every call of a key, by its last four characters. */
    keys: z.record(z.string().length(4), SimDirective).optional(),
  })
  .refine(({ rates }) => Object.values(rates).reduce((sum, rate) => sum + rate, 0) <= 1, {
    error: 'add up to more than 1',
    path: ['rates'],
  });
export type SimFaults = z.infer<typeof SimFaults>;

/** Draws what happens to each call, in the order they come; the seed determines it. */
export function createFaultDice({ seed, rates }: SimFaults): () => SimDirective | null {
  const random = createRandom(seed);
  return () => {
    let left = random();
    const at = Math.floor(random() * 20);
    for (const kind of kinds) {
      left -= rates[kind] ?? 0;
      if (left < 0) return faultDirectives[kind](at);
    }
    return null;
  };
}

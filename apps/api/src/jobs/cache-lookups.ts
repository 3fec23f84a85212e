import { cacheResultOf, type JobView } from '@sluice/core';
import { Counter, type Registry } from 'prom-client';

/** Counts what jobs find in the result cache. */
export interface CacheLookups {
  count(job: JobView): void;
}

export function createCacheLookups(registry: Registry): CacheLookups {
  const lookups = new Counter({
    name: 'sluice_cache_lookups_total',
    help: 'Jobs that use the result cache, by what they found: an answer (hit), a call under way (twin), or nothing (miss)',
    labelNames: ['result'],
    registers: [registry],
  });
  return {
    count(job) {
      const result = cacheResultOf(job);
      if (result) lookups.inc({ result });
    },
  };
}

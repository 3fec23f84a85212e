import type { EntityManager } from '@mikro-orm/postgresql';
import { expect } from 'vitest';
import { runAudit } from '../../audit/index.ts';

/** The rows agree with one another, and every cost is what a second computation gives. */
export async function expectSound(em: EntityManager): Promise<void> {
  const { invariants } = await runAudit(em, { recomputeNewest: 1_000_000 });
  expect(invariants.filter(({ findings }) => findings > 0)).toEqual([]);
}

import type { AuditReport, AuditResult } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { invariants, type Invariant } from './invariants.ts';
import { recomputeSettlements } from './recompute-settlements.ts';

const examplesMax = 20;

/**
 * Checks that the rows agree with one another, and the newest settlements with a second computation of their cost. Reads only.
 * A sound database has 0 findings, also under load. Reads whole tables: seconds for a hundred thousand jobs.
 */
export async function runAudit(em: EntityManager, { recomputeNewest }: { recomputeNewest: number }): Promise<AuditReport> {
  const results: AuditResult[] = [];
  for (const invariant of invariants) results.push(await runInvariant(em, invariant));
  const recomputed = await recomputeSettlements(em, recomputeNewest);
  results.push({
    id: 'R7',
    title: 'A cost is what a second computation from tokens and price gives',
    findings: recomputed.length,
    examples: recomputed.slice(0, examplesMax),
  });
  return { object: 'audit_report', findings: results.reduce((sum, { findings }) => sum + findings, 0), invariants: results };
}

async function runInvariant(em: EntityManager, { id, title, sql: query }: Invariant): Promise<AuditResult> {
  const rows = await execute<{ subject: string; detail: string; findings: number }>(
    em,
    sql`select subject, detail, count(*) over ()::int as findings from (${sql.raw(query)}) as finding limit ${examplesMax}`,
  );
  return { id, title, findings: rows[0]?.findings ?? 0, examples: rows.map(({ subject, detail }) => ({ subject, detail })) };
}

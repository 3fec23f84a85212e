import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { renderCredits } from './decimal.ts';
import type { PlannedCharge } from './plan-charges.ts';

/**
 * Adds what jobs cost to the totals of their batches and conversations: the sum of rounded costs. Rows are written in the order
 * of their key, after the wallets, so that two settlers never wait for each other in a ring.
 */
export async function addToTotals(tx: EntityManager, charges: PlannedCharge[]): Promise<void> {
  const rows = charges.flatMap(({ charge, cost }) => charge.totals.map((total) => renderRow(total, charge, cost)));
  if (rows.length === 0) return;
  await execute(
    tx,
    sql`insert into cost_totals (scope, scope_id, jobs, input_tokens, output_tokens, cost)
        select scope, scope_id, count(*), sum(input_tokens), sum(output_tokens), sum(cost)
        from json_to_recordset(${JSON.stringify(rows)}::json)
          as row (scope text, scope_id text, input_tokens bigint, output_tokens bigint, cost numeric)
        group by scope, scope_id order by scope collate "C", scope_id collate "C"
        on conflict (scope, scope_id) do update set
          jobs = cost_totals.jobs + excluded.jobs, cost = cost_totals.cost + excluded.cost,
          input_tokens = cost_totals.input_tokens + excluded.input_tokens,
          output_tokens = cost_totals.output_tokens + excluded.output_tokens`,
  );
}

function renderRow({ scope, scopeId }: PlannedCharge['charge']['totals'][number], { tokens }: PlannedCharge['charge'], cost: bigint) {
  const { input_tokens, output_tokens } = tokens;
  return { scope, scope_id: scopeId, input_tokens, output_tokens, cost: renderCredits(cost) };
}

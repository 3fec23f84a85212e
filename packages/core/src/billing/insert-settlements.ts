import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { renderCredits } from './decimal.ts';
import type { PlannedCharge } from './plan-charges.ts';

/** Writes settlements in one statement. A job that has one already fails the whole list: its primary key is the job. */
export async function insertSettlements(tx: EntityManager, charges: PlannedCharge[]): Promise<void> {
  await execute(
    tx,
    sql`insert into settlements (job_id, user_id, price_id, outcome, usage_source, is_batch, price_factor, billable, input_tokens, cached_input_tokens,
          output_tokens, reasoning_tokens, cost_exact, cost, hold, collected, uncollected, released, cap_applied)
        select * from json_to_recordset(${JSON.stringify(charges.map(renderRow))}::json) as row (job_id text, user_id text, price_id text,
          outcome text, usage_source text, is_batch boolean, price_factor numeric, billable boolean, input_tokens bigint,
          cached_input_tokens bigint, output_tokens bigint, reasoning_tokens bigint, cost_exact numeric, cost numeric, hold numeric, collected numeric,
          uncollected numeric, released numeric, cap_applied boolean)`,
  );
}

function renderRow({ charge, exact, cost, hold, collected, uncollected, released, capApplied }: PlannedCharge) {
  return {
    job_id: charge.jobId,
    user_id: charge.userId,
    price_id: charge.priceId,
    outcome: charge.outcome,
    usage_source: charge.usageSource,
    is_batch: charge.isBatch,
    price_factor: charge.priceFactor,
    billable: charge.isBillable,
    ...charge.tokens,
    cost_exact: exact,
    cost: renderCredits(cost),
    hold: renderCredits(hold),
    collected: renderCredits(collected),
    uncollected: renderCredits(uncollected),
    released: renderCredits(released),
    cap_applied: capApplied,
  };
}

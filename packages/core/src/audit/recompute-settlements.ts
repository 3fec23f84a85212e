import type { Price } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { areEqual, fractionOf, recomputeExactCost, roundedCredits } from './recompute-cost.ts';

/** A row that breaks a rule. */
export interface Finding {
  subject: string;
  detail: string;
}

interface SettledRow {
  jobId: string;
  price: Price;
  billable: boolean;
  isBatch: boolean;
  priceFactor: string;
  capApplied: boolean;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  costExact: string;
  cost: string;
}

const pageSize = 5000;

/** Computes settlements again from their tokens and price, newest first and `newest` of them at the most, and tells those that differ. */
export async function recomputeSettlements(em: EntityManager, newest: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  let before: string | null = null;
  for (let left = newest; left > 0; left -= pageSize) {
    const page = await readPage(em, before, Math.min(left, pageSize));
    findings.push(...page.flatMap(check));
    before = page.at(-1)?.jobId ?? null;
    if (page.length < pageSize) break;
  }
  return findings;
}

function readPage(em: EntityManager, before: string | null, limit: number): Promise<SettledRow[]> {
  return execute<SettledRow>(
    em,
    sql`select job_id as "jobId", price, billable, is_batch as "isBatch", price_factor::text as "priceFactor", cap_applied as "capApplied",
          input_tokens::float8 as "inputTokens", cached_input_tokens::float8 as "cachedInputTokens",
          output_tokens::float8 as "outputTokens", reasoning_tokens::float8 as "reasoningTokens",
          cost_exact::text as "costExact", cost::text
        from settlements join prices on prices.id = price_id ${before === null ? sql`` : sql`where job_id < ${before}`}
        order by job_id desc limit ${limit}`,
  );
}

function check({ jobId, price, isBatch, priceFactor, billable, capApplied, costExact, cost, ...counts }: SettledRow): Finding[] {
  const tokens = {
    input_tokens: counts.inputTokens,
    cached_input_tokens: counts.cachedInputTokens,
    output_tokens: counts.outputTokens,
    reasoning_tokens: counts.reasoningTokens,
  };
  const exact = billable ? recomputeExactCost({ price, tokens, isBatch, priceFactor }) : fractionOf('0');
  const rounded = roundedCredits(exact);
  const isRight = areEqual(exact, fractionOf(costExact)) && (capApplied || areEqual({ above: rounded, below: 10_000n }, fractionOf(cost)));
  return isRight ? [] : [{ subject: jobId, detail: `stored ${cost} (exact ${costExact}), recomputed ${rounded} units of 0.0001` }];
}

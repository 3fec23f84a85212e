import type { UsageGroup, UsageReport, UsageRow, UsageTotals } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { parseCredits, renderCredits } from '../billing/index.ts';
import { execute, sql } from '../database/index.ts';
import type { UsageWindow } from './usage-window.ts';

export interface UsageQuestion extends UsageWindow {
  /** Null: of all users. */
  userId: string | null;
  groups: readonly UsageGroup[];
}

const rowsMax = 10_000;

const groupColumns = {
  day: sql`to_char(settled_at at time zone 'UTC', 'YYYY-MM-DD')`,
  model: sql`jobs.model`,
  template: sql`(select slug from template_versions v join templates t on t.id = v.template_id where v.id = jobs.template_version_id)`,
  user: sql`settlements.user_id`,
};

/**
 * What settled jobs used and cost in a window, by days (UTC), models, templates and users. Costs are sums of rounded costs, so
 * they agree with the ledger.
 * @throws AppError `invalid_request` when there are more than 10,000 groups
 */
export async function reportUsage(em: EntityManager, { userId, groups, from, to }: UsageQuestion): Promise<UsageReport> {
  const column = (group: UsageGroup) => (groups.includes(group) ? groupColumns[group] : sql`null::text`);
  const data = await execute<UsageRow>(
    em,
    sql`select ${column('day')} as day, ${column('model')} as model, ${column('template')} as template, ${column('user')} as user_id,
          count(*)::float8 as jobs, sum(settlements.input_tokens)::float8 as input_tokens,
          sum(settlements.cached_input_tokens)::float8 as cached_input_tokens,
          sum(settlements.output_tokens)::float8 as output_tokens, sum(settlements.reasoning_tokens)::float8 as reasoning_tokens,
          sum(settlements.cost)::text as cost
        from settlements ${groups.includes('model') || groups.includes('template') ? sql`join jobs on jobs.id = settlements.job_id` : sql``}
        where settled_at >= ${from} and settled_at < ${to} ${userId === null ? sql`` : sql`and settlements.user_id = ${userId}`}
        group by 1, 2, 3, 4 order by 1, 2, 3, 4 limit ${rowsMax + 1}`,
  );
  if (data.length > rowsMax)
    throw new AppError('invalid_request', 'That is more than 10,000 groups; ask for a shorter time or fewer groups.', {
      param: 'group_by',
    });
  return { object: 'usage_report', from: from.toISOString(), to: to.toISOString(), group_by: [...groups], data, total: totalOf(data) };
}

function totalOf(rows: UsageRow[]): UsageTotals {
  const sum = (field: Exclude<keyof UsageTotals, 'cost'>) => rows.reduce((total, row) => total + row[field], 0);
  return {
    jobs: sum('jobs'),
    input_tokens: sum('input_tokens'),
    cached_input_tokens: sum('cached_input_tokens'),
    output_tokens: sum('output_tokens'),
    reasoning_tokens: sum('reasoning_tokens'),
    cost: renderCredits(rows.reduce((total, { cost }) => total + parseCredits(cost), 0n)),
  };
}

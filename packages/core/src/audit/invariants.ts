/** A rule that the rows must keep, as a query for those that break it: `subject` names the row, `detail` says what is wrong. */
export interface Invariant {
  id: string;
  title: string;
  sql: string;
}

/**
 * What must be true of the money at any moment, also while jobs run: each query is one statement, and so sees one moment, and
 * every transaction of the service keeps every rule. The numbers are those of the design; the ones that are missing belong to
 * what was not built (refunds, currencies, an outbox).
 */
export const invariants: readonly Invariant[] = [
  {
    id: 'I1',
    title: "A wallet's balance is what its transfers add up to",
    sql: `select w.user_id as subject, format('balance %s, transfers %s', w.balance, coalesce(t.net, 0)) as detail
          from wallets w left join (
            select user_id, sum(case 'wallet' when credit then amount when debit then -amount else 0 end) as net
            from transfers group by user_id
          ) t using (user_id)
          where w.balance <> coalesce(t.net, 0)`,
  },
  {
    id: 'I2',
    title: 'What a wallet holds is the sum of the holds of its unsettled jobs',
    sql: `select w.user_id as subject, format('held %s, jobs %s', w.held, coalesce(j.hold, 0)) as detail
          from wallets w left join (
            select user_id, sum(hold) as hold from jobs where billing_state <> 'settled' group by user_id
          ) j using (user_id)
          where w.held <> coalesce(j.hold, 0)`,
  },
  {
    id: 'I3',
    title: "A wallet's debt is what its receivable account adds up to",
    sql: `select w.user_id as subject, format('debt %s, transfers %s', w.debt, coalesce(t.net, 0)) as detail
          from wallets w left join (
            select user_id, sum(case 'receivable' when debit then amount when credit then -amount else 0 end) as net
            from transfers group by user_id
          ) t using (user_id)
          where w.debt <> coalesce(t.net, 0)`,
  },
  {
    id: 'I4',
    title: 'Nothing in a wallet is below 0, and it holds no more than it has',
    sql: `select user_id as subject, format('balance %s, held %s, debt %s, open jobs %s', balance, held, debt, open_jobs) as detail
          from wallets where balance < 0 or held < 0 or held > balance or debt < 0 or open_jobs < 0`,
  },
  {
    id: 'I5',
    title: 'A settlement moved exactly what it says',
    sql: `select s.job_id as subject,
            format('collected %s, moved %s; uncollected %s, moved %s', s.collected, coalesce(t.usage, 0), s.uncollected,
              coalesce(t.owed, 0)) as detail
          from settlements s left join (
            select job_id, sum(amount) filter (where kind = 'usage') as usage, sum(amount) filter (where kind = 'usage_uncollected') as owed
            from transfers where kind in ('usage', 'usage_uncollected') group by job_id
          ) t using (job_id)
          where s.collected <> coalesce(t.usage, 0) or s.uncollected <> coalesce(t.owed, 0)`,
  },
  {
    id: 'I6',
    title: 'No usage was charged without a settlement',
    sql: `select t.id as subject, format('%s of %s for job %s', t.kind, t.amount, t.job_id) as detail
          from transfers t left join settlements s using (job_id)
          where t.kind in ('usage', 'usage_uncollected') and s.job_id is null`,
  },
  {
    id: 'I7',
    title: 'A hold stays exactly as long as its job is open',
    sql: `select id as subject, format('job %s, billing %s', status, billing_state) as detail
          from jobs where (billing_state = 'held') <> (status in ('queued', 'running'))`,
  },
  {
    id: 'I8',
    title: 'A job is settled exactly when it has a settlement',
    sql: `select j.id as subject, format('billing %s, settlement %s', j.billing_state, coalesce(s.job_id, 'none')) as detail
          from jobs j left join settlements s on s.job_id = j.id
          where (j.billing_state = 'settled') <> (s.job_id is not null)`,
  },
  {
    id: 'I10',
    title: 'A settlement and its transfers are for the user, the price and its factor, the hold and the outcome of the job',
    sql: `select s.job_id as subject,
            format('user %s %s, price %s %s, factor %s %s, hold %s %s, outcome %s %s, transfers of %s', s.user_id, j.user_id, s.price_id,
              j.price_id, s.price_factor, j.price_factor, s.hold, j.hold, s.outcome, j.status, coalesce(t.user_id, s.user_id)) as detail
          from settlements s join jobs j on j.id = s.job_id
          left join transfers t on t.job_id = s.job_id and t.user_id <> s.user_id
          where s.user_id <> j.user_id or s.price_id <> j.price_id or s.price_factor <> j.price_factor or s.hold <> j.hold
            or s.outcome <> j.status or t.user_id is not null`,
  },
  {
    id: 'I11',
    title: 'A cost is the exact cost rounded once, or the hold where estimated usage was capped',
    sql: `select job_id as subject, format('cost %s, exact %s, factor %s, hold %s, capped %s', cost, cost_exact, price_factor, hold, cap_applied) as detail
          from settlements
          where cost <> case when cap_applied then hold else round(cost_exact, 4) end
            or (cap_applied and (usage_source not in ('estimated', 'mixed') or round(cost_exact, 4) <= hold))
            or (usage_source in ('estimated', 'mixed') and cost > hold)
            or ((not billable or price_factor = 0) and cost_exact <> 0)
            or cost <> collected + uncollected or released <> greatest(hold - cost, 0)`,
  },
  {
    id: 'I13',
    title: 'Every order has its one recharge, of its amount and user, and every recharge its order',
    sql: `select coalesce(o.id, t.id) as subject,
            format('order %s of %s, transfers %s of %s', coalesce(o.id, 'none'), o.amount, t.number, t.amount) as detail
          from orders o full join (
            select order_id, min(id) as id, min(user_id) as user_id, count(*) as number, sum(amount) as amount
            from transfers where kind = 'recharge' group by order_id
          ) t on t.order_id = o.id
          where o.id is null or t.id is null or t.number <> 1 or o.amount <> t.amount or o.user_id <> t.user_id`,
  },
  {
    id: 'I15',
    title: 'The totals of batches and conversations are the sums of their settlements',
    sql: `select coalesce(c.scope_id, x.scope_id) as subject,
            format('total %s of %s jobs, settlements %s of %s', c.cost, c.jobs, x.cost, x.jobs) as detail
          from cost_totals c full join (
            select v.scope, v.scope_id, count(*) as jobs, sum(s.input_tokens) as input_tokens, sum(s.output_tokens) as output_tokens,
              sum(s.cost) as cost
            from settlements s join jobs j on j.id = s.job_id,
              lateral (values ('batch', j.batch_id), ('conversation', j.conversation_id)) as v (scope, scope_id)
            where v.scope_id is not null group by v.scope, v.scope_id
          ) x using (scope, scope_id)
          where (c.jobs, c.input_tokens, c.output_tokens, c.cost) is distinct from (x.jobs, x.input_tokens, x.output_tokens, x.cost)`,
  },
  {
    id: 'I16',
    title: 'What was charged is the usage of the one billable attempt, and of the answer that it repaired, and nothing else is',
    sql: `select s.job_id as subject,
            format('settled %s in, %s out; attempt %s: %s in, %s out', s.input_tokens, s.output_tokens, coalesce(a.attempt::text, 'none'),
              a.input_tokens, a.output_tokens) as detail
          from settlements s left join (
            select a.job_id, a.attempt, a.input_tokens + coalesce(r.input_tokens, 0) as input_tokens,
              a.cached_input_tokens + coalesce(r.cached_input_tokens, 0) as cached_input_tokens,
              a.output_tokens + coalesce(r.output_tokens, 0) as output_tokens,
              a.reasoning_tokens + coalesce(r.reasoning_tokens, 0) as reasoning_tokens,
              case when r.job_id is null or r.usage_source = a.usage_source then a.usage_source
                when a.usage_source = 'none' then r.usage_source else 'mixed' end as usage_source
            from attempts a left join attempts r on r.job_id = a.job_id and r.repaired
            where a.billable
          ) a on a.job_id = s.job_id
          where s.billable <> (a.job_id is not null)
            or s.billable and (s.input_tokens, s.cached_input_tokens, s.output_tokens, s.reasoning_tokens, s.usage_source)
              <> (a.input_tokens, a.cached_input_tokens, a.output_tokens, a.reasoning_tokens, a.usage_source)`,
  },
  {
    id: 'I18',
    title: 'Every kind of transfer goes between its own accounts',
    sql: `select id as subject, format('%s from %s to %s', kind, debit, credit) as detail
          from transfers
          where (kind, debit, credit) not in (
            ('recharge', 'cash_clearing', 'wallet'), ('usage', 'wallet', 'revenue'), ('usage_uncollected', 'receivable', 'revenue'),
            ('debt_repay', 'wallet', 'receivable'), ('adjustment', 'adjustment', 'wallet'), ('adjustment', 'wallet', 'adjustment')
          )`,
  },
  {
    id: 'I19',
    title: 'A wallet in debt has nothing available: what was has paid the debt',
    sql: `select user_id as subject, format('debt %s, available %s', debt, balance - held) as detail
          from wallets where debt > 0 and balance > held`,
  },
  {
    id: 'I20',
    title: "A wallet's open jobs are its unsettled jobs",
    sql: `select w.user_id as subject, format('open jobs %s, unsettled %s', w.open_jobs, coalesce(j.number, 0)) as detail
          from wallets w left join (
            select user_id, count(*) as number from jobs where billing_state <> 'settled' group by user_id
          ) j using (user_id)
          where w.open_jobs <> coalesce(j.number, 0)`,
  },
  {
    id: 'S1',
    title: 'No job has waited for its settlement for more than 5 minutes',
    sql: `select id as subject, format('finished at %s', finished_at) as detail
          from jobs where billing_state = 'settle_pending' and finished_at < now() - interval '5 minutes'`,
  },
  {
    id: 'S2',
    title: 'No job is said to run on a worker whose lease ended more than 15 minutes ago',
    sql: `select j.id as subject, format('worker %s, lease until %s', j.worker_id, coalesce(w.lease_until::text, 'none')) as detail
          from jobs j left join workers w on w.id = j.worker_id
          where j.status = 'running' and coalesce(w.lease_until, j.started_at) < now() - interval '15 minutes'`,
  },
];

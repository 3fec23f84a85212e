import { z } from 'zod';
import { Credits, PriceFactor } from './credits.ts';
import { EndStatus } from './job-status.ts';
import { UsageSource } from './usage.ts';

/** A day (from its first moment, UTC) or a time. */
const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a date such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z',
});

const window = {
  from: Moment.optional().meta({ description: 'Settled at or after; 30 days before `to` unless set' }),
  to: Moment.optional().meta({ description: 'Settled before; now unless set' }),
};

/** Names separated by commas, each at most once. */
function groupsOf<Group extends string>(groups: readonly Group[]) {
  return z
    .string()
    .max(64)
    .default('day')
    .transform((names) => names.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(groups)).refine((names) => new Set(names).size === names.length, { error: 'names a group twice' }));
}

export const UsageGroup = z.enum(['day', 'model', 'template', 'user']);
export type UsageGroup = z.infer<typeof UsageGroup>;

export const UsageQuery = z.strictObject({ ...window, group_by: groupsOf(['day', 'model', 'template'] as const) });
export type UsageQuery = z.infer<typeof UsageQuery>;

const userId = z.string().min(1).max(64).optional().meta({ description: 'Of this user alone' });

export const AdminUsageQuery = z.strictObject({ ...window, user_id: userId, group_by: groupsOf(UsageGroup.options) });
export type AdminUsageQuery = z.infer<typeof AdminUsageQuery>;

const format = z.enum(['csv', 'jsonl']).default('csv');

export const UsageRecordsQuery = z.strictObject({ ...window, format });
export type UsageRecordsQuery = z.infer<typeof UsageRecordsQuery>;

export const AdminUsageRecordsQuery = UsageRecordsQuery.extend({ user_id: userId });
export type AdminUsageRecordsQuery = z.infer<typeof AdminUsageRecordsQuery>;

const count = z.int().nonnegative();

export const UsageTotals = z.object({
  jobs: count,
  input_tokens: count,
  cached_input_tokens: count,
  output_tokens: count,
  reasoning_tokens: count,
  cost: Credits,
});
export type UsageTotals = z.infer<typeof UsageTotals>;

/** One group: what it was not grouped by is null. Cost is the sum of what the jobs cost, each rounded on its own. */
export const UsageRow = UsageTotals.extend({
  day: z.iso.date().nullable(),
  model: z.string().nullable(),
  template: z.string().nullable(),
  user_id: z.string().nullable(),
});
export type UsageRow = z.infer<typeof UsageRow>;

export const UsageReport = z
  .object({
    object: z.literal('usage_report'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    group_by: z.array(UsageGroup),
    data: z.array(UsageRow),
    total: UsageTotals,
  })
  .meta({ id: 'UsageReport' });
export type UsageReport = z.infer<typeof UsageReport>;

/** One settled job, as the exports show it. */
export const UsageRecord = z
  .object({
    job_id: z.string(),
    user_id: z.string(),
    settled_at: z.iso.datetime(),
    model: z.string(),
    provider: z.string(),
    outcome: EndStatus,
    usage_source: UsageSource,
    input_tokens: count,
    cached_input_tokens: count,
    output_tokens: count,
    reasoning_tokens: count,
    cost: Credits,
    price_id: z.string(),
    batch_id: z.string().nullable(),
    conversation_id: z.string().nullable(),
    price_factor: PriceFactor,
  })
  .meta({ id: 'UsageRecord' });
export type UsageRecord = z.infer<typeof UsageRecord>;

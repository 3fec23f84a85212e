import { runJobs, type Client, type JobTask } from '@sluice/client';
import type { ProgressBar } from '../output/progress-bar.ts';
import { createBudget } from './budget.ts';
import { unitsOf, type Units } from './credits.ts';
import type { DoneRows } from './done-rows.ts';
import type { RunPlan } from './plan-run.ts';
import { readRecords } from './read-records.ts';
import { hasFailed, presentResult, type ResultRow, type RowName } from './result-row.ts';

export interface RowsRun {
  plan: RunPlan;
  /** What stands in the output already. */
  before: DoneRows;
  keyOf: (row: number) => string;
  signal: AbortSignal;
  bar: ProgressBar;
  onResult: (result: ResultRow, values: Record<string, unknown>) => void;
  /** Only so many. */
  rowsMax?: number;
}

export interface RunSummary {
  done: number;
  failed: number;
  total: number;
  tokens: number;
  spent: Units;
  isBudgetReached: boolean;
}

/**
 * Runs the rows that are not done and tells each result once, in the order of their ends. It holds only the rows under way, however
 * long the input is.
 */
export async function runRows(
  client: Client,
  { plan, before, keyOf, signal, bar, onResult, rowsMax = Infinity }: RowsRun,
): Promise<RunSummary> {
  const { settings, estimate } = plan;
  const names = new Map<number, RowName>();
  const budget = createBudget({
    capUnits: settings.maxCost === null ? null : unitsOf(settings.maxCost),
    spentUnits: before.spent,
    estimate,
  });
  const summary = { done: before.done, failed: before.failed, total: plan.rows, tokens: before.tokens, spent: before.spent };
  const tell = () => bar.show({ ...summary, cap: settings.maxCost });

  async function* tasks(): AsyncGenerator<JobTask> {
    const ids = new Set<string>();
    let count = 0;
    for await (const record of readRecords(plan.file, plan.format)) {
      const planned = plan.plan(record);
      if (planned.fault !== null) continue;
      // The first of two with one id is the one that runs, as it was checked.
      if (settings.idColumn !== null && ids.has(planned.id)) continue;
      if (settings.idColumn !== null) ids.add(planned.id);
      if (before.has(record.row)) continue;
      if (count++ >= rowsMax) return;
      names.set(record.row, { line: record.line, id: planned.id, values: record.values });
      yield { row: record.row, request: planned.request, idempotencyKey: keyOf(record.row) };
    }
  }

  tell();
  for await (const end of runJobs(client.jobs, tasks(), { concurrency: settings.concurrency, signal, mayStart: budget.mayStart })) {
    const name = names.get(end.row) as RowName;
    names.delete(end.row);
    const result = presentResult(end, name);
    onResult(result, name.values);
    budget.ended(end.row, end.job?.billing ?? null);
    summary.done += 1;
    summary.failed += hasFailed(result) ? 1 : 0;
    summary.tokens += result.input_tokens + result.output_tokens;
    summary.spent = budget.spent();
    tell();
  }
  return { ...summary, isBudgetReached: budget.isReached() };
}

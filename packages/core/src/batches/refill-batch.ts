import { AppError } from '@sluice/platform';
import { parseCredits } from '../billing/index.ts';
import {
  cacheResultOf,
  isRunnable,
  planJob,
  planMessage,
  submitJobs,
  type CacheResult,
  type LaneMessagePlan,
  type Submission,
} from '../jobs/index.ts';
import { refuseRows } from './end-rows.ts';
import { planRow, type RowOwner, type RowParts } from './plan-row.ts';
import { markSubmitted, nextRows, setWaiting, type NextRow, type PumpState } from './pump-rows.ts';
import type { TakenBatch } from './take-batch.ts';
import { refusedBy } from './validate-batch.ts';

export interface RefillParts extends RowParts {
  /** The lines of these rows from the input file, in the same order, as texts. */
  readLines(rows: NextRow[]): Promise<string[]>;
  now: Date;
}

/**
 * Jobs of a batch that wait for a worker at any time: enough that none is idle between two looks of the pump, and all that even
 * the largest batch costs the queue. How many run at once is for the lanes to say.
 */
const queuedMax = 200;

/** What the lines of one refill may weigh together. */
const bytesMax = 16 * 1024 * 1024;

interface PlannedRow extends NextRow {
  submission: Submission;
}

type Waiting = { code: string; message: string };

/** What a refill came to: the messages that wake the lanes, how many rows have left the line, and what they found in the result cache. */
export interface Refill {
  messages: LaneMessagePlan[];
  moved: number;
  cached: CacheResult[];
}

/**
 * Submits the next rows of a batch, so that its window is full again. A row is
 * submitted under an idempotency key of its own: whoever dies in the middle, and whoever does the same work at the same time,
 * makes no second job of it. Rows that cannot start for now make the batch say why and wait.
 */
export async function refillBatch(parts: RefillParts, batch: TakenBatch, state: PumpState): Promise<Refill> {
  const room = queuedMax - state.queued;
  if (room <= 0 || !state.hasPending) return { messages: [], moved: 0, cached: [] };
  const rows = await nextRows(parts.em(), batch.id, { rows: room, bytes: bytesMax });
  const planned = await planRows(parts, batch, { rows, state });
  const submitted = await submitRows(parts, batch, planned.jobs);
  // While rows run, their credits come back: it is not for the budget yet that nothing starts.
  const isIdle = state.submitted + submitted.accepted === 0;
  await setWaiting(
    parts.em(),
    batch.id,
    submitted.waiting ?? (planned.waiting?.code !== 'budget_reached' || isIdle ? planned.waiting : null),
  );
  return { messages: submitted.plans, moved: planned.refused + submitted.accepted, cached: submitted.cached };
}

interface Plan {
  jobs: PlannedRow[];
  refused: number;
  waiting: Waiting | null;
}

/** Makes submissions of rows, up to the first that has to wait; ends those that never can be one. */
async function planRows(parts: RefillParts, batch: TakenBatch, { rows, state }: { rows: NextRow[]; state: PumpState }): Promise<Plan> {
  const { id: batchId, userId, apiKeyId, endpoint, keyChoice } = batch;
  const owner: RowOwner = { batchId, userId, apiKeyId, endpoint, keyChoice, expiresAt: state.expiresAt, now: parts.now };
  const budget = createBudget(state.budgetLeft);
  const lines = await parts.readLines(rows);
  const refused = [];
  const jobs: PlannedRow[] = [];
  let waiting: Waiting | null = null;
  for (const [i, row] of rows.entries()) {
    const planned = await planOne(parts, owner, { row, line: lines[i] ?? '' });
    if (planned instanceof AppError && planned.code === 'unavailable') waiting = planned;
    else if (planned instanceof AppError) refused.push({ ...row, ...refusedBy(endpoint, planned) });
    else if (budget.allows(planned)) jobs.push({ ...row, submission: planned });
    else
      waiting = {
        code: 'budget_reached',
        message: `Line ${row.line} could take the cost above the budget; resume the batch with a larger one.`,
      };
    if (waiting) break;
  }
  await refuseRows(parts.em(), batchId, refused);
  return { jobs, refused: refused.length, waiting: waiting && { code: waiting.code, message: waiting.message } };
}

/** The key has a sign that no caller's Idempotency-Key can have. */
const keyOf = (batchId: string, { line, run }: NextRow): string => `§${batchId}/${line}/${run}`;

async function planOne(parts: RefillParts, owner: RowOwner, { row, line }: { row: NextRow; line: string }): Promise<Submission | AppError> {
  try {
    const { body } = JSON.parse(line) as { body: unknown };
    return { ...(await planRow(parts, owner, body)), idempotencyKey: keyOf(owner.batchId, row) };
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function createBudget(left: string | null) {
  let rest = left === null ? null : parseCredits(left);
  return {
    allows(submission: Submission): boolean {
      if (rest === null) return true;
      rest -= parseCredits(planJob(submission).hold);
      return rest >= 0n;
    },
  };
}

async function submitRows(parts: RefillParts, { id, endpoint }: TakenBatch, rows: PlannedRow[]) {
  const results =
    rows.length > 0
      ? await submitJobs(
          parts.em(),
          rows.map(({ submission }) => submission),
        )
      : [];
  const submitted: { line: number; run: number; jobId: string }[] = [];
  const plans: LaneMessagePlan[] = [];
  const refused = [];
  const cached: CacheResult[] = [];
  let waiting: Waiting | null = null;
  for (const [i, result] of results.entries()) {
    const row = rows[i] as PlannedRow;
    if (result.type === 'accepted') {
      submitted.push({ line: row.line, run: row.run, jobId: result.job.id });
      const found = result.isNew && cacheResultOf(result.job);
      if (found) cached.push(found);
      // One that an earlier try of this refill made may never have had its message.
      if (isRunnable(result.job)) plans.push(planMessage({ ...result.job, jobId: result.job.id, openJobs: result.openJobs }, 0));
    } else if (result.error.code === 'insufficient_credits') waiting ??= { code: result.error.code, message: result.error.message };
    else refused.push({ ...row, ...refusedBy(endpoint, result.error) });
  }
  await markSubmitted(parts.em(), id, submitted);
  await refuseRows(parts.em(), id, refused);
  return { plans, cached, accepted: submitted.length, waiting };
}

import { batchEmbeddingsMax, type BatchEndpoint, type BatchFault } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import { parseCredits, renderCredits } from '../billing/index.ts';
import { planJob, type JobDraft } from '../jobs/index.ts';
import { beginBatch, failBatch, insertRows, startValidation, type NewRow } from './batch-input.ts';
import { createLineChecker, type CheckedLine, type FileRules, type InputLine } from './line-checker.ts';
import { planRow, type RowOwner, type RowParts } from './plan-row.ts';
import { renderRefusal } from './row-result.ts';
import type { TakenBatch } from './take-batch.ts';

/** A line and where it stands in the file, in bytes. */
export interface PlacedLine extends InputLine {
  position: number;
  length: number;
}

export interface InputFile {
  lines: AsyncIterable<PlacedLine>;
  rules: Omit<FileRules, 'endpoint'>;
  now: Date;
}

/** Faults that are told of; a file that has more has them for one reason. */
const faultsMax = 100;

/** Rows written in one transaction. */
const rowsMax = 500;

/**
 * Reads an input file line by line: all its lines become rows, with an estimate of what they can cost, or it says what is wrong
 * with them and none does. Memory holds some hundreds of lines and the custom ids. It starts anew if a worker died over it.
 * Answers what came of it; `lost` when the batch was cancelled or taken away meanwhile.
 */
export async function validateBatch(
  parts: RowParts,
  batch: TakenBatch,
  { lines, rules, now }: InputFile,
): Promise<'begun' | 'failed' | 'lost'> {
  const { endpoint, keyChoice } = batch;
  const checker = createLineChecker({ ...rules, endpoint });
  const owner = { batchId: batch.id, userId: batch.userId, apiKeyId: batch.apiKeyId, endpoint, keyChoice, expiresAt: now, now };
  const estimate = createEstimate();
  const faults: BatchFault[] = [];
  let rows: NewRow[] = [];
  // Rows are written while the next ones are read.
  let writing = metLater(startValidation(parts.em(), batch));
  for await (const line of lines) {
    const checked = checker.check(line);
    if (checked.type === 'fault' && faults.push(checked.fault) >= faultsMax) break;
    if (checked.type !== 'row' || faults.length > 0) continue;
    rows.push(await planNewRow(parts, owner, { line, checked, estimate }));
    if (rows.length < rowsMax) continue;
    if (!(await writing)) return 'lost';
    writing = metLater(insertRows(parts.em(), batch, rows));
    rows = [];
  }
  if (!(await writing)) return 'lost';
  faults.push(...checker.finish(), ...estimate.faults());
  if (faults.length > 0) return (await failBatch(parts.em(), batch, { faults, now })) ? 'failed' : 'lost';
  if (!(await insertRows(parts.em(), batch, rows))) return 'lost';
  return (await beginBatch(parts.em(), batch, { model: checker.model(), ...estimate.sum() })) ? 'begun' : 'lost';
}

/** A fault of it is met where it is waited for, not before. */
function metLater<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined);
  return work;
}

interface RowToPlan {
  line: PlacedLine;
  checked: Extract<CheckedLine, { type: 'row' }>;
  estimate: Estimate;
}

/** A body that its route would refuse fails its row at once; everything else is decided when its turn comes. */
async function planNewRow(parts: RowParts, owner: RowOwner, { line, checked, estimate }: RowToPlan): Promise<NewRow> {
  const row = { line: line.number, customId: checked.customId, position: line.position, length: line.length };
  try {
    estimate.add(planJob({ ...(await planRow(parts, owner, checked.body)), idempotencyKey: null }));
    return { ...row, refused: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'unavailable') return { ...row, refused: null };
    return { ...row, refused: refusedBy(owner.endpoint, error) };
  }
}

/** What a row that was refused keeps of it. */
export function refusedBy(endpoint: BatchEndpoint, error: AppError): NonNullable<NewRow['refused']> {
  return { code: error.code, message: error.message, refusal: renderRefusal(endpoint, error) };
}

type Estimate = ReturnType<typeof createEstimate>;

function createEstimate() {
  let inputTokens = 0;
  let maxOutputTokens = 0;
  let maxCost = 0n;
  let embeddings = 0;
  return {
    add(job: Pick<JobDraft, 'inputEstimate' | 'maxTokens' | 'hold' | 'request'>): void {
      if ('inputs' in job.request) embeddings += job.request.inputs.length;
      inputTokens += job.inputEstimate;
      maxOutputTokens += job.maxTokens;
      maxCost += parseCredits(job.hold);
    },
    /** OpenAI's limit, and what bounds the size of an output file. */
    faults: (): BatchFault[] =>
      embeddings <= batchEmbeddingsMax
        ? []
        : [
            {
              code: 'too_many_tasks',
              message: `The file asks for ${embeddings} embeddings; a batch takes ${batchEmbeddingsMax} at the most.`,
              param: null,
              line: null,
            },
          ],
    sum: () => ({ inputTokens, maxOutputTokens, maxCost: renderCredits(maxCost) }),
  };
}

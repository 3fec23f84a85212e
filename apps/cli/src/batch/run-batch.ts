import { existsSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { Client } from '@sluice/client';
import { CliError, exitCodeOf, exitCodes, usageError, type ExitCode } from '../exit-codes.ts';
import { confirm } from '../output/confirm.ts';
import { createProgressBar } from '../output/progress-bar.ts';
import { Interrupted, type Terminal } from '../terminal.ts';
import { renderUnits } from './credits.ts';
import { noRows, readDoneRows, withLateCosts } from './done-rows.ts';
import { lockOutput } from './lock-output.ts';
import { planRun, type RunPlan } from './plan-run.ts';
import { mendResults, openResults, takeOutFailed } from './result-file.ts';
import { runRows, type RunSummary } from './run-rows.ts';
import type { RunSettings } from './run-settings.ts';
import { showPath } from './show-path.ts';
import { checkSame, findState, idempotencyKeyOf, stateFileOf, writeState, type RunState } from './run-state.ts';

export interface BatchOptions {
  settings: RunSettings;
  isConfirmed: boolean;
  /** Throws away the run that there is and begins a new one. */
  isAnew: boolean;
  /** Runs again what failed. */
  isRetry: boolean;
  /** What the user can type to go on. */
  resumeCommand: string;
}

/**
 * Runs every row of a file once and writes its answer to the output, over any number of kills and restarts.
 *
 * The state file, with the name of the run, is on the disk before the first row is submitted. A row's idempotency key is made of that
 * name and the row's number, so submitting it again finds the job that there is; a row is done when its whole record stands in the
 * output. Whatever a kill leaves, the next start cuts off a half-written record and asks for the rows that are not there.
 */
export async function runBatchFile(client: Client, terminal: Terminal, options: BatchOptions): Promise<ExitCode> {
  const { settings } = options;
  const { say } = terminal;
  const plan = await planRun(client, settings, options.isAnew ? null : findState(settings.out)?.template);
  tellFaults(terminal, plan);
  const unlock = lockOutput(settings.out);
  try {
    const { state, isNew } = await openState(plan, options);
    const before = isNew ? noRows : await withLateCosts(client, await readDoneRows(settings.out));
    if (before.done === plan.rows) {
      say(`All ${plan.rows} rows stand in ${showPath(settings.out)}; ${before.failed} of them failed.`);
      return before.failed > 0 ? exitCodes.partial : exitCodes.ok;
    }
    if (before.done > 0) say(`Going on: ${before.done} of ${plan.rows} rows stand in ${showPath(settings.out)}.`);
    const most = renderUnits(plan.worstCase);
    const cap = settings.maxCost === null ? '' : ` and stop before ${settings.maxCost}`;
    if (before.done === 0)
      say(`${plan.rows} rows can cost up to ${most} credits; most cost less, because answers are shorter than the longest.`);
    const question = `Run ${plan.rows - before.done} rows, for up to ${most} credits${cap}?`;
    if (isNew && !options.isConfirmed && !(await confirm(terminal, question, '--yes'))) throw new CliError('Nothing was run.');
    // What an earlier run left goes when the new one was agreed to.
    if (isNew) for (const path of [stateFileOf(settings.out), settings.out]) rmSync(path, { force: true });
    writeState(state);
    return await run(client, terminal, { plan, state, before, resumeCommand: options.resumeCommand });
  } finally {
    unlock();
  }
}

interface OpenedState {
  state: RunState;
  isNew: boolean;
}

/** Lists what is wrong with rows. @throws CliError unless they may be skipped */
export function tellFaults({ say }: Terminal, { settings, faults, faultCount, rows }: RunPlan): void {
  if (faultCount === 0) return;
  say(`${showPath(settings.input)}: ${faultCount} of ${rows + faultCount} rows cannot be asked:`);
  for (const { line, fault } of faults) say(`  line ${line}: ${fault}`);
  if (faultCount > faults.length) say(`  and ${faultCount - faults.length} more`);
  if (rows === 0) throw usageError('No row can be asked.');
  if (!settings.shouldSkipBad) throw usageError('Nothing was run. Mend them, or go on without them with --skip-bad.');
}

async function openState({ file, settings, rows, template }: RunPlan, { isAnew, isRetry }: BatchOptions): Promise<OpenedState> {
  const { out } = settings;
  const found = isAnew ? null : findState(out);
  if (!found) {
    if (existsSync(out) && !isAnew)
      throw usageError(`${out} is there and belongs to no run. Choose another --out, or replace it with --force-new.`);
    const run = randomBytes(12).toString('hex');
    return { state: { version: 1, run, sha256: file.sha256, settings, rows, template, retries: {} }, isNew: true };
  }
  checkSame(found, { sha256: file.sha256, settings });
  await mendResults(out);
  const state = { ...found, settings, rows };
  return { state: isRetry ? await giveFailedAnotherTry(state) : state, isNew: false };
}

/** New keys first, then out of the output: a crash between the two leaves rows that count as done and failed, as before. */
async function giveFailedAnotherTry(state: RunState): Promise<RunState> {
  const { out } = state.settings;
  const { failedRows } = await readDoneRows(out);
  const retries = { ...state.retries };
  for (const row of failedRows) retries[row] = (retries[row] ?? 0) + 1;
  const next = { ...state, retries };
  writeState(next);
  if (existsSync(out)) await takeOutFailed(out);
  return next;
}

interface Run {
  plan: RunPlan;
  state: RunState;
  before: Awaited<ReturnType<typeof readDoneRows>>;
  resumeCommand: string;
}

async function run(client: Client, terminal: Terminal, { plan, state, before, resumeCommand }: Run): Promise<ExitCode> {
  const { settings, columns } = plan;
  const results = openResults(settings.out, columns);
  const bar = createProgressBar(terminal);
  const keyOf = (row: number) => idempotencyKeyOf(state, row);
  try {
    const summary = await runRows(client, { plan, before, keyOf, signal: terminal.signal, bar, onResult: results.append });
    bar.close();
    return tellEnd(terminal, settings, summary, resumeCommand);
  } catch (error) {
    bar.close();
    terminal.say(`${error instanceof Interrupted ? 'Stopped' : `Stopped: ${(error as Error).message}`}`);
    terminal.say(`What was submitted goes on at the server. This goes on from here, and pays nothing twice:\n  ${resumeCommand}`);
    throw new CliError('', error instanceof Interrupted ? exitCodes.interrupted : exitCodeOf(error));
  } finally {
    results.close();
  }
}

function tellEnd({ say }: Terminal, settings: RunSettings, summary: RunSummary, resumeCommand: string): ExitCode {
  const { done, failed, total, tokens, spent, isBudgetReached } = summary;
  say(`${done} of ${total} rows stand in ${showPath(settings.out)}; ${failed} failed. ${tokens} tokens, ${renderUnits(spent)} credits.`);
  if (isBudgetReached)
    say(`The next row could take the cost above ${settings.maxCost}. Go on with a higher --max-cost:\n  ${resumeCommand}`);
  else if (failed > 0) say(`Run the failed ones again: sluice batch retry ${showPath(settings.out)}`);
  return isBudgetReached || failed > 0 ? exitCodes.partial : exitCodes.ok;
}

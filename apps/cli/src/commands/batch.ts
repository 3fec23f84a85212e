import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Batch } from '@sluice/client';
import type { Command } from 'commander';
import { readDoneRows } from '../batch/done-rows.ts';
import { renderUnits } from '../batch/credits.ts';
import { runBatchFile } from '../batch/run-batch.ts';
import { findState } from '../batch/run-state.ts';
import { watchRun } from '../batch/watch-run.ts';
import { addExamples, addFormat, credits, formatOf, type CommandParts } from '../command-parts.ts';
import { CliError, exitCodes, usageError } from '../exit-codes.ts';
import { batchIdOf, latest } from '../latest.ts';
import { pauseFor } from '../pause-for.ts';
import { writeObject, type Row } from '../output/write-rows.ts';
import { addBatchRun, typedCommand } from './batch-run.ts';

const ended = new Set(['completed', 'failed', 'expired', 'cancelled']);
const isBatch = (name: string): boolean => name === latest || /^batch_\w+$/.test(name);

export function addBatch(program: Command, parts: CommandParts): void {
  const batch = program.command('batch').description('ask once for every row of a file, or follow a batch on the server');
  addExamples(
    batch,
    'sluice batch run rows.csv -m sluice-sim --prompt "Describe {{title}}." --out answers.jsonl --yes',
    'sluice batch get answers.jsonl',
  );
  addBatchRun(batch, parts);
  addGet(batch, parts);
  addWatch(batch, parts);
  addCancel(batch, parts);
  addRetry(batch, parts);
  addDownload(batch, parts);
}

const onServer = 'batch_..., or latest for your newest one';
const which = `the --out of a run, or a batch on the server as ${onServer}`;

function addGet(batch: Command, parts: CommandParts): void {
  const command = addFormat(batch.command('get').description('how far a run or a batch is')).argument('<run>', which);
  addExamples(command, 'sluice batch get answers.jsonl', 'sluice batch get latest -o json');
  command.action(async (name: string) => writeObject(parts.terminal, formatOf(command), await look(command, parts, name)));
}

function addWatch(batch: Command, { terminal, client, end }: CommandParts): void {
  const command = addFormat(batch.command('watch').description('follow a run or a batch to its end')).argument('<run>', which);
  addExamples(command, 'sluice batch watch answers.jsonl', 'sluice batch watch latest -o json');
  command.action(async (name: string) => {
    if (!isBatch(name)) return end(await watchRun(terminal, getState(name)));
    const sluice = client(command);
    const id = await batchIdOf(sluice, name);
    let before = '';
    for (;;) {
      const found = await sluice.batches.get(id, { signal: terminal.signal });
      const { total, completed, failed } = found.request_counts;
      const line = `${found.status}: ${completed + failed}/${total} done, ${failed} failed, ${found.cost} credits`;
      if (line !== before) terminal.say(line);
      before = line;
      if (ended.has(found.status)) {
        await writeObject(terminal, formatOf(command), summaryOf(found));
        return end(found.status !== 'completed' || failed > 0 ? exitCodes.partial : exitCodes.ok);
      }
      await pauseFor(2000, terminal.signal);
    }
  });
}

function addCancel(batch: Command, { terminal, client }: CommandParts): void {
  const command = addFormat(batch.command('cancel').description('cancel a batch on the server; what is done is kept')).argument(
    '<batch>',
    onServer,
  );
  addExamples(command, 'sluice batch cancel latest', 'sluice batch cancel latest -o json');
  command.action(async (name: string) => {
    if (!isBatch(name)) throw usageError('Stop a run of this command with Ctrl-C. Give a batch_... of the server.');
    const sluice = client(command);
    await writeObject(terminal, formatOf(command), summaryOf(await sluice.batches.cancel(await batchIdOf(sluice, name))));
  });
}

function addRetry(batch: Command, { terminal, client, end }: CommandParts): void {
  const command = addFormat(batch.command('retry').description('run again what failed, and nothing else'))
    .argument('<run>', which)
    .option('--max-cost <credits>', 'stop before all of the run could cost more', credits)
    .option('-y, --yes', 'do not ask before it costs anything');
  addExamples(command, 'sluice batch retry answers.jsonl', 'sluice batch retry latest');
  command.action(async (name: string, { maxCost }: { maxCost?: string }) => {
    const sluice = client(command);
    if (isBatch(name))
      return writeObject(terminal, formatOf(command), summaryOf(await sluice.batches.retryFailed(await batchIdOf(sluice, name))));
    const state = getState(name);
    const settings = { ...state.settings, maxCost: maxCost ?? state.settings.maxCost };
    end(await runBatchFile(sluice, terminal, { settings, isConfirmed: true, isAnew: false, isRetry: true, resumeCommand: typedCommand() }));
  });
}

function addDownload(batch: Command, { terminal, client }: CommandParts): void {
  const command = batch
    .command('download')
    .description('the results of a batch on the server')
    .argument('<batch>', onServer)
    .option('--out <file>', 'a file; standard output unless set')
    .option('--errors', 'the error file instead');
  addExamples(command, 'sluice batch download latest --out results.jsonl', 'sluice batch download latest --errors');
  command.action(async (name: string, { out, errors }: { out?: string; errors?: true }) => {
    if (!isBatch(name)) throw usageError('The answers of a run of this command are in its --out. Give a batch_... of the server.');
    const sluice = client(command);
    const { output_file_id: output, error_file_id: error, status } = await sluice.batches.get(await batchIdOf(sluice, name));
    const file = errors ? error : output;
    if (!file) throw new CliError(`The batch is ${status} and has no ${errors ? 'error' : 'output'} file.`, exitCodes.notFound);
    const { body } = await sluice.files.content(file);
    if (!body) return;
    await pipeline(Readable.fromWeb(body), out === undefined ? terminal.stdout : createWriteStream(out), { end: out !== undefined });
  });
}

async function look(command: Command, { client }: CommandParts, name: string): Promise<Row> {
  if (isBatch(name)) {
    const sluice = client(command);
    return summaryOf(await sluice.batches.get(await batchIdOf(sluice, name)));
  }
  const { run, settings, rows, retries } = getState(name);
  const { done, failed, tokens, spent } = await readDoneRows(name);
  return {
    run,
    input: settings.input,
    out: settings.out,
    total: rows,
    done,
    failed,
    tokens,
    cost: renderUnits(spent),
    max_cost: settings.maxCost,
    retried: Object.keys(retries).length,
  };
}

function getState(out: string) {
  const state = findState(out);
  if (!state) throw new CliError(`There is no run that writes ${out} (no ${out}.state).`, exitCodes.notFound);
  return state;
}

function summaryOf({ request_counts: counts, failures, errors, ...batch }: Batch): Row {
  return { ...batch, ...counts, failures, errors: errors?.data ?? null };
}

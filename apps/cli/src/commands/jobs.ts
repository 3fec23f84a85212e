import { isEnded, textOutput, type Job, type JobStatus } from '@sluice/client';
import { Option, type Command } from 'commander';
import { addExamples, addFormat, formatOf, wholeNumber, type CommandParts } from '../command-parts.ts';
import { CliError } from '../exit-codes.ts';
import { jobIdOf } from '../latest.ts';
import { cleanText } from '../output/clean-text.ts';
import { writeObject, writeRows, type Format, type Row } from '../output/write-rows.ts';
import type { Terminal } from '../terminal.ts';

const statuses: JobStatus[] = ['queued', 'running', 'completed', 'failed', 'cancelled', 'incomplete'];
const which = 'its id, or latest for your newest one';
const columns = ['id', 'status', 'model', 'created_at', 'tokens', 'cost'];

export function addJobs(program: Command, parts: CommandParts): void {
  const jobs = addExamples(
    program.command('jobs').description('look at jobs and steer them'),
    'sluice jobs list --status failed',
    'sluice jobs get latest',
  );
  for (const add of [addList, addGet, addWatch, addCancel, addRetry]) add(jobs, parts);
}

function addList(jobs: Command, { terminal, client }: CommandParts): void {
  const list = addFormat(jobs.command('list').description('your jobs, newest first'))
    .addOption(new Option('--status <status>', 'only of this state').choices(statuses))
    .option('--model <model>', 'only of this model')
    .option('-n, --limit <n>', 'how many at most', wholeNumber(1, 1_000_000), 20)
    .option('--ids', 'their ids alone, one a line');
  addExamples(list, 'sluice jobs list -n 5', 'sluice jobs list --status failed --ids | xargs -rn 1 sluice jobs get');
  list.action(async (flags: { status?: JobStatus; model?: string; limit: number; ids?: true }) => {
    const { limit, status, model, ids } = flags;
    const pages = client(list).jobs.list({ limit: Math.min(100, limit), status, model });
    if (ids) for await (const { id } of summaries(pages, limit)) terminal.stdout.write(`${String(id)}\n`);
    else await writeRows(terminal, formatOf(list), columns, summaries(pages, limit));
  });
}

function addGet(jobs: Command, { terminal, client }: CommandParts): void {
  const get = addFormat(jobs.command('get').description('one job, with its answer')).argument('<job>', which);
  addExamples(get, 'sluice jobs get latest', 'sluice jobs get latest -o json');
  get.action(async (name: string) => {
    const sluice = client(get);
    await printJob(terminal, formatOf(get), await sluice.jobs.get(await jobIdOf(sluice, name)));
  });
}

function addWatch(jobs: Command, { terminal, client }: CommandParts): void {
  const watch = jobs
    .command('watch')
    .description('the answer of a job as it comes, from its start')
    .argument('<job>', which)
    .option('--events', 'the events as JSON lines');
  addExamples(watch, 'sluice jobs watch latest', 'sluice jobs watch latest --events');
  watch.action(async (name: string, { events }: { events?: true }) => {
    const { stdout, say, signal } = terminal;
    const sluice = client(watch);
    for await (const entry of sluice.jobs.events(await jobIdOf(sluice, name), { signal })) {
      if (events) stdout.write(`${JSON.stringify(entry)}\n`);
      else if (entry.event.type === 'text-delta') stdout.write(stdout.isTTY ? cleanText(entry.event.delta) : entry.event.delta);
      else if (entry.event.type === 'attempt-start' && entry.event.attempt > 1)
        say('\nStarted over; what was shown before no longer counts.');
      else if (entry.event.type === 'job-end') {
        stdout.write('\n');
        if (entry.event.status === 'failed') throw new CliError(`The job failed: ${entry.event.error?.message ?? 'unknown'}`);
        if (entry.event.status === 'cancelled') say('The job was cancelled.');
      }
    }
  });
}

function addCancel(jobs: Command, { terminal, client }: CommandParts): void {
  const cancel = addFormat(jobs.command('cancel').description('cancel a job; what was produced is kept and charged')).argument(
    '<job>',
    which,
  );
  addExamples(cancel, 'sluice jobs cancel latest', 'sluice jobs list --status queued --ids | xargs -rn 1 sluice jobs cancel');
  cancel.action(async (name: string) => {
    const sluice = client(cancel);
    const job = await sluice.jobs.cancel(await jobIdOf(sluice, name));
    await printJob(terminal, formatOf(cancel), job);
    if (isEnded(job) && job.status !== 'cancelled') throw new CliError(`The job had ended before: ${job.status}.`);
  });
}

function addRetry(jobs: Command, { terminal, client }: CommandParts): void {
  const retry = addFormat(
    jobs.command('retry').description('ask again, as a new job, what a failed, cancelled or incomplete one asked'),
  ).argument('<job>', which);
  addExamples(retry, 'sluice jobs retry latest', 'sluice jobs list --status failed --ids | xargs -rn 1 sluice jobs retry');
  retry.action(async (name: string) => {
    const sluice = client(retry);
    await printJob(terminal, formatOf(retry), await sluice.jobs.retry(await jobIdOf(sluice, name)));
  });
}

function summaryOf(job: Job): Row {
  return { ...job, tokens: job.usage?.total_tokens ?? null, cost: job.billing.cost };
}

async function* summaries(jobs: AsyncIterable<Job>, limit: number): AsyncGenerator<Row> {
  let count = 0;
  for await (const job of jobs) {
    yield summaryOf(job);
    count += 1;
    if (count === limit) return;
  }
}

/** As a table, the answer stands below as text. */
async function printJob(terminal: Terminal, format: Format, job: Job): Promise<void> {
  if (format !== 'table') return writeObject(terminal, format, format === 'csv' ? summaryOf(job) : { ...job });
  const { id, status, model, attempt, error, created_at, finished_at } = job;
  const { tokens, cost } = summaryOf(job);
  await writeObject(terminal, format, {
    id,
    status,
    model,
    attempt,
    tokens,
    cost,
    created_at,
    finished_at,
    ...(error && { error: `${error.code}: ${error.message}` }),
  });
  const text = textOutput(job)?.text;
  if (text) terminal.stdout.write(`\n${cleanText(text)}\n`);
}

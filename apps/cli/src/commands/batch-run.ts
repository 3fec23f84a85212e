import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { runBatchFile } from '../batch/run-batch.ts';
import { runSample } from '../batch/run-sample.ts';
import type { RunSettings } from '../batch/run-settings.ts';
import { addExamples, addFormat, credits, decimal, formatOf, gather, wholeNumber, type CommandParts } from '../command-parts.ts';
import { usageError } from '../exit-codes.ts';

interface RunFlags {
  prompt?: string;
  system?: string;
  template?: string;
  map: string[];
  var: string[];
  model?: string;
  maxTokens?: number;
  temperature?: number;
  id?: string;
  out?: string;
  format?: string;
  encoding?: string;
  concurrency: number;
  maxCost?: string;
  skipBad?: true;
  sample?: number;
  yes?: true;
  forceNew?: true;
}

export function addBatchRun(batch: Command, { terminal, client, end }: CommandParts): void {
  const command = addFormat(batch.command('run').description('ask once for every row of a file; the same command goes on after any stop'))
    .argument('<rows>', 'a CSV, TSV or JSONL file, in UTF-8, GBK or UTF-16')
    .option('-p, --prompt <text>', 'what to ask, such as "Describe {{title}}"; @file reads it from a file')
    .option('-s, --system <text>', 'a system message; @file reads it from a file')
    .option('-t, --template <template>', 'a template on the server instead of a prompt')
    .option('--map <variable=column>', 'where a column has another name; may be given more than once', gather, [])
    .option('--var <variable=value>', 'a variable that is the same for every row; may be given more than once', gather, [])
    .option('-m, --model <model>', "the model to ask; the template's own unless set")
    .option('--max-tokens <n>', 'how long an answer may be', wholeNumber(1, 10_000_000))
    .option('--temperature <n>', 'from 0 to 2', decimal)
    .option('--id <column>', 'the column that names a row; names must differ')
    .option('--out <file>', 'where the answers go: .jsonl, or .csv to have them beside the columns of the input')
    .addOption(
      new Option('--format <format>', 'what the input is; by its name unless set, and its delimiter by its first line').choices([
        'csv',
        'tsv',
        'jsonl',
      ]),
    )
    .option('--encoding <name>', 'what the input is written in; found out unless set')
    .option('--concurrency <n>', 'rows under way at once', wholeNumber(1, 1000), 100)
    .option('--max-cost <credits>', 'stop before it could cost more', credits)
    .option('--skip-bad', 'go on without rows that cannot be asked')
    .option('--sample <n>', 'only run the first n rows and print their answers', wholeNumber(1, 1000))
    .option('-y, --yes', 'do not ask before it costs anything')
    .option('--force-new', 'throw away the answers and the state of an earlier run with the same --out');
  addExamples(
    command,
    'sluice batch run rows.csv --template product-description --map title=name --sample 3',
    'sluice batch run rows.csv -m sluice-sim --prompt "Describe {{title}} in two sentences." --out answers.csv --max-cost 50 --yes',
  );
  command.action(async (input: string, flags: RunFlags) => {
    const settings = settingsOf(input, flags);
    const sluice = client(command);
    if (flags.sample !== undefined)
      return end(await runSample(sluice, terminal, settings, { rows: flags.sample, format: formatOf(command) }));
    if (flags.out === undefined) throw usageError('Say where the answers go with --out, or try a few rows with --sample 3.');
    const options = {
      settings,
      isConfirmed: flags.yes === true,
      isAnew: flags.forceNew === true,
      isRetry: false,
      resumeCommand: typedCommand(),
    };
    end(await runBatchFile(sluice, terminal, options));
  });
}

function settingsOf(input: string, flags: RunFlags): RunSettings {
  const { prompt, template, model, maxTokens, temperature, id, out, format, encoding, concurrency, maxCost } = flags;
  if (prompt !== undefined && template !== undefined) throw usageError('Give a --prompt or a --template, not both.');
  if (template !== undefined && flags.system !== undefined)
    throw usageError('A template has a system message of its own; leave --system out.');
  return {
    input: resolve(input),
    format: format ?? '',
    encoding: encoding ?? null,
    out: resolve(out ?? ''),
    prompt: prompt === undefined ? null : readText('--prompt', prompt),
    system: flags.system === undefined ? null : readText('--system', flags.system),
    template: template ?? null,
    map: Object.fromEntries(flags.map.map((text) => readPair('--map', text, 'variable=column'))),
    vars: Object.fromEntries(flags.var.map((text) => readPair('--var', text, 'variable=value'))),
    model: model ?? null,
    maxTokens: maxTokens ?? null,
    temperature: temperature ?? null,
    idColumn: id ?? null,
    concurrency,
    maxCost: maxCost ?? null,
    shouldSkipBad: flags.skipBad === true,
  };
}

function readText(flag: string, value: string): string {
  if (!value.startsWith('@')) return value;
  try {
    return readFileSync(value.slice(1), 'utf8');
  } catch (error) {
    throw usageError(`${flag} ${value}: ${(error as Error).message}`);
  }
}

function readPair(flag: string, text: string, form: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw usageError(`${flag} ${text}: must be ${form}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** What was typed, to be pasted. A run that is to go on is not to be thrown away. */
export function typedCommand(): string {
  return ['sluice', ...process.argv.slice(2).filter((word) => word !== '--force-new')].map(quote).join(' ');
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

import { Command } from 'commander';
import { clientOf, addExamples } from './command-parts.ts';
import { addAccount } from './commands/account.ts';
import { addAsk } from './commands/ask.ts';
import { addBatch } from './commands/batch.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addInit } from './commands/init.ts';
import { addJobs } from './commands/jobs.ts';
import { addLogin } from './commands/login.ts';
import { addProviderKeys } from './commands/provider-keys.ts';
import { addTemplates } from './commands/templates.ts';
import { exitCodeMeanings, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const version = '0.1.0';

/** All commands. `end` is told when one ends with another code than 0 without an error. */
export function createProgram(terminal: Terminal, end: (code: ExitCode) => void): Command {
  const program = new Command('sluice')
    .description('Ask language models from the command line, one question or ten thousand rows; nothing is lost and nothing is paid twice.')
    .version(version)
    .option('--url <url>', 'the server; else SLUICE_URL, else what login kept')
    .option('--key <key>', 'an API key; else SLUICE_API_KEY, else what login kept')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const parts = { terminal, end, client: (command: Command) => clientOf(command, terminal) };
  for (const add of [addLogin, addAsk, addJobs, addBatch, addTemplates, addProviderKeys, addAccount, addInit, addDoctor, addCompletion])
    add(program, parts);
  addExamples(
    program,
    'sluice ask "Name three rivers." -m sluice-sim',
    'sluice batch run rows.csv -m sluice-sim --prompt "Describe {{title}}." --out answers.jsonl --yes',
  );
  program.addHelpText(
    'after',
    `\nExit codes:\n${exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}`,
  );
  return program;
}

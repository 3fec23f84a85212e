import { NotFoundError } from '@sluice/client';
import type { Command } from 'commander';
import { addExamples, addFormat, formatOf, type CommandParts } from '../command-parts.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { cleanLine } from '../output/clean-text.ts';
import { writeObject, type Row } from '../output/write-rows.ts';

/** What the server did, a line each. */
interface InitResult extends Row {
  steps: { changed: boolean; message: string }[];
}

/** The server does the work, because it has the files. */
export function addInit(program: Command, { terminal, client }: CommandParts): void {
  const command = addFormat(
    program
      .command('init')
      .description('load built-in templates, models of set-up vendors and default models (administrators); again after an update'),
  );
  addExamples(command, 'sluice init', 'sluice init -o json');
  command.action(async () => {
    const result = await init(client(command));
    if (formatOf(command) !== 'table') return writeObject(terminal, formatOf(command), result);
    for (const { changed, message } of result.steps) terminal.stdout.write(`${changed ? '+' : '='} ${cleanLine(message)}\n`);
  });
}

async function init({ transport }: ReturnType<CommandParts['client']>): Promise<InitResult> {
  try {
    return await transport.json<InitResult>({ method: 'POST', path: '/v1/admin/init', timeoutMs: 600_000 });
  } catch (error) {
    const isOld = error instanceof NotFoundError && error.message.startsWith('There is no such route');
    throw isOld ? new CliError('This server has nothing to load: it is older than the built-in templates.', exitCodes.notFound) : error;
  }
}

import { NotFoundError } from '@sluice/client';
import type { Command } from 'commander';
import { addExamples, addFormat, formatOf, type CommandParts } from '../command-parts.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { writeObject, type Row } from '../output/write-rows.ts';

/** The server does the work, because it has the files. */
export function addInit(program: Command, { terminal, client }: CommandParts): void {
  const command = addFormat(
    program.command('init').description('load the built-in templates into the server (administrators); again after an update'),
  );
  addExamples(command, 'sluice init', 'sluice init -o json');
  command.action(async () => {
    try {
      const result = await client(command).transport.json<Row>({ method: 'POST', path: '/v1/admin/init', timeoutMs: 600_000 });
      await writeObject(terminal, formatOf(command), result);
    } catch (error) {
      const isOld = error instanceof NotFoundError && error.message.startsWith('There is no such route');
      throw isOld ? new CliError('This server has nothing to load: it is older than the built-in templates.', exitCodes.notFound) : error;
    }
  });
}

import { SluiceError } from '@sluice/client';
import { CommanderError } from 'commander';
import { createProgram } from './create-program.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { Interrupted, type Terminal } from './terminal.ts';

/** Runs one command to its end; answers the exit code. Everything that goes wrong is one message on standard error. */
export async function runCli(argv: string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  try {
    await createProgram(terminal, (other) => (code = other)).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return tell(error, terminal);
  }
}

function tell(error: unknown, { say, signal }: Terminal): ExitCode {
  // commander has said it, and help that was asked for is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof Interrupted || (signal.aborted && !(error instanceof SluiceError) && exitCodeOf(error) === exitCodes.failure))
    return exitCodes.interrupted;
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (message !== '') say(`sluice: ${message}`);
  if (error instanceof SluiceError) tellMore(error, say);
  return exitCodeOf(error);
}

function tellMore({ errors, status, request_id: requestId }: SluiceError, say: (message: string) => void): void {
  if (errors.length > 1) for (const { path, message } of errors) say(`  ${path}: ${message}`);
  if (status === 401) say('  Log in with: sluice login   (or set SLUICE_API_KEY)');
  if (requestId !== null && status !== null && status >= 500) say(`  request ${requestId}`);
}

import { createClient, type Client } from '@sluice/client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { formats, type Format } from './output/write-rows.ts';
import { readSettings } from './settings-file.ts';
import type { Terminal } from './terminal.ts';
import { usageError, type ExitCode } from './exit-codes.ts';

/** What every command gets. */
export interface CommandParts {
  terminal: Terminal;
  /** A client of the server that flags, environment or login name. @throws CliError when there is no key */
  client(command: Command): Client;
  /** Ends with another code than 0 although nothing was thrown. */
  end(code: ExitCode): void;
}

/** Flags count more than the environment, and that more than what login kept. */
export function connectionOf(command: Command, { env }: Terminal): { url: string; key: string | undefined } {
  const flags = command.optsWithGlobals<{ url?: string; key?: string }>();
  const url = flags.url ?? (env['SLUICE_URL'] || undefined);
  const key = flags.key ?? (env['SLUICE_API_KEY'] || undefined);
  // What is not needed may be broken.
  const saved = url === undefined || key === undefined ? readSettings(env) : {};
  return { url: url ?? saved.url ?? 'http://127.0.0.1:8080', key: key ?? saved.key };
}

export function clientOf(command: Command, terminal: Terminal): Client {
  const { url, key } = connectionOf(command, terminal);
  checkUrl(url);
  return createClient({ url, apiKey: key ?? '' });
}

export function checkUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw usageError(`${url} is not a URL such as http://127.0.0.1:8080.`);
}

export function addFormat(command: Command): Command {
  return command.addOption(new Option('-o, --output <format>', 'how data is printed').choices(formats).default('table'));
}

export const formatOf = (command: Command): Format => command.opts<{ output: Format }>().output;

/** The two examples that every command shows. */
export function addExamples(command: Command, ...examples: [string, string]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}

export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  };
}

export function credits(text: string): string {
  if (/^\d{1,16}(\.\d{1,4})?$/.test(text)) return text;
  throw new InvalidArgumentError('must be credits such as 12.5');
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('must be a number');
}

export const gather = (value: string, before: string[] = []): string[] => [...before, value];

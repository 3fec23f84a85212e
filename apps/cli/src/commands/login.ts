import { createClient, SluiceError } from '@sluice/client';
import type { Command } from 'commander';
import { addExamples, checkUrl, connectionOf, type CommandParts } from '../command-parts.ts';
import { usageError } from '../exit-codes.ts';
import { readSecret } from '../read-secret.ts';
import { saveSettings } from '../settings-file.ts';

export function addLogin(program: Command, { terminal }: CommandParts): void {
  const command = program.command('login').description('keep a server and a key for this user (SLUICE_URL and SLUICE_API_KEY count more)');
  addExamples(command, 'sluice login --url http://127.0.0.1:8080', 'echo "$SLUICE_API_KEY" | sluice login --url http://127.0.0.1:8080');
  command.action(async () => {
    const given = command.optsWithGlobals<{ key?: string }>().key;
    const { url } = connectionOf(command, terminal);
    checkUrl(url);
    const key = given ?? (await readSecret(terminal, 'API key', 'give the key with --key or on standard input')).trim();
    if (key === '') throw usageError('No key was given.');
    const client = createClient({ url, apiKey: key });
    await client.models.list();
    const path = saveSettings(terminal.env, { url, key });
    terminal.say(`Logged in to ${url}${await nameOf(client)}. The key is in ${path}.`);
  });
}

/** A key for jobs alone may not read the account, and is as good. */
async function nameOf(client: ReturnType<typeof createClient>): Promise<string> {
  try {
    const { user } = await client.me();
    return ` as ${user.email ?? user.external_id ?? user.id}`;
  } catch (error) {
    if (error instanceof SluiceError && error.status === 403) return '';
    throw error;
  }
}

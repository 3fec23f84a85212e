import { createClient, SluiceError } from '@sluice/client';
import type { Command } from 'commander';
import { addExamples, checkUrl, connectionOf, type CommandParts } from '../command-parts.ts';
import { usageError } from '../exit-codes.ts';
import { saveSettings } from '../settings-file.ts';
import { isInteractive, type Terminal } from '../terminal.ts';

export function addLogin(program: Command, { terminal }: CommandParts): void {
  const command = program.command('login').description('keep a server and a key for this user (SLUICE_URL and SLUICE_API_KEY count more)');
  addExamples(command, 'sluice login --url http://127.0.0.1:8080', 'echo "$SLUICE_API_KEY" | sluice login --url http://127.0.0.1:8080');
  command.action(async () => {
    const given = command.optsWithGlobals<{ key?: string }>().key;
    const { url } = connectionOf(command, terminal);
    checkUrl(url);
    const key = given ?? (await readKey(terminal)).trim();
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

async function readKey(terminal: Terminal): Promise<string> {
  if (isInteractive(terminal)) return askHidden(terminal);
  if (terminal.stdin.isTTY) throw usageError('There is nobody to ask here; give the key with --key or on standard input.');
  const pieces: string[] = [];
  for await (const piece of terminal.stdin.setEncoding('utf8') as AsyncIterable<string>) pieces.push(piece);
  return pieces.join('');
}

/** What is typed is not shown. */
function askHidden({ stdin, stderr, signal }: Terminal): Promise<string> {
  stderr.write('API key (it is not shown): ');
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (end: () => void) => {
      stdin.setRawMode(false).pause();
      stdin.removeListener('data', onData);
      stderr.write('\n');
      end();
    };
    const onData = (text: string) => {
      for (const letter of text) {
        if (letter === '\u0003') return finish(() => reject(usageError('No key was given.')));
        if (letter === '\r' || letter === '\n' || letter === '\u0004') return finish(() => resolve(typed));
        typed = letter === '\u007f' || letter === '\b' ? typed.slice(0, -1) : typed + letter;
      }
    };
    stdin.on('data', onData);
    signal.addEventListener('abort', () => finish(() => reject(signal.reason)), { once: true });
  });
}

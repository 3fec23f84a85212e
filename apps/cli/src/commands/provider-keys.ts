import type { Command } from 'commander';
import { addExamples, addFormat, formatOf, type CommandParts } from '../command-parts.ts';
import { exitCodes, usageError } from '../exit-codes.ts';
import { providerKeyIdOf } from '../latest.ts';
import { writeObject, writeRows, type Row } from '../output/write-rows.ts';
import { readSecret } from '../read-secret.ts';
import type { Terminal } from '../terminal.ts';

const which = 'its id, or latest for your newest one';

/** Provider keys of one's own. Their secrets come from standard input or are asked for, never from an argument. */
export function addProviderKeys(program: Command, { terminal, client, end }: CommandParts): void {
  const keys = program.command('provider-keys').description('your own keys of providers, for jobs that use them');
  addExamples(keys, 'sluice provider-keys list', 'echo "$DEEPSEEK_API_KEY" | sluice provider-keys add deepseek');

  const list = addFormat(keys.command('list').description('the keys you have stored'));
  addExamples(list, 'sluice provider-keys list', 'sluice provider-keys list -o json');
  list.action(async () => {
    const found = client(list).providerKeys.list({ limit: 100 }) as AsyncIterable<object> as AsyncIterable<Row>;
    await writeRows(terminal, formatOf(list), ['id', 'provider', 'name', 'last_four', 'enabled', 'disabled_reason'], found);
  });

  const add = addFormat(keys.command('add').description('store a key; it is never shown again'))
    .argument('<provider>', 'the name of a provider, such as deepseek')
    .option('--name <text>', 'a note to tell your keys apart');
  addExamples(add, 'sluice provider-keys add deepseek', 'echo "$DEEPSEEK_API_KEY" | sluice provider-keys add deepseek --name "of my team"');
  add.action(async (provider: string, { name }: { name?: string }) => {
    const sluice = client(add);
    const request = { provider, api_key: await readKey(terminal), ...(name && { name }) };
    await writeObject(terminal, formatOf(add), { ...(await sluice.providerKeys.create(request)) });
  });

  const rotate = addFormat(keys.command('rotate').description('put another secret in the place of a key')).argument('<key>', which);
  addExamples(rotate, 'sluice provider-keys rotate latest', 'echo "$DEEPSEEK_API_KEY" | sluice provider-keys rotate latest');
  rotate.action(async (name: string) => {
    const sluice = client(rotate);
    const id = await providerKeyIdOf(sluice, name);
    await writeObject(terminal, formatOf(rotate), { ...(await sluice.providerKeys.rotate(id, await readKey(terminal))) });
  });

  const test = addFormat(keys.command('test').description('make a real call of one token with a key')).argument('<key>', which);
  addExamples(test, 'sluice provider-keys test latest', 'sluice provider-keys test latest -o json');
  test.action(async (name: string) => {
    const sluice = client(test);
    const { ok, error, ...rest } = await sluice.providerKeys.test(await providerKeyIdOf(sluice, name));
    await writeObject(terminal, formatOf(test), { ok, ...rest, error: error?.message ?? null });
    if (!ok) end(exitCodes.failure);
  });

  const remove = keys.command('remove').description('remove a key for good; jobs that need it fail').argument('<key>', which);
  addExamples(remove, 'sluice provider-keys remove latest', 'sluice provider-keys list');
  remove.action(async (name: string) => {
    const sluice = client(remove);
    const id = await providerKeyIdOf(sluice, name);
    await sluice.providerKeys.delete(id);
    terminal.say(`${id} is removed.`);
  });
}

async function readKey(terminal: Terminal): Promise<string> {
  const key = (await readSecret(terminal, "The provider's key", 'give the key on standard input')).trim();
  if (key === '') throw usageError('No key was given.');
  return key;
}

import { createClient, SluiceError, type Client } from '@sluice/client';
import type { Command } from 'commander';
import { addExamples, addFormat, checkUrl, connectionOf, formatOf, type CommandParts } from '../command-parts.ts';
import { exitCodeOf, exitCodes, type ExitCode } from '../exit-codes.ts';
import { writeRows } from '../output/write-rows.ts';

interface Finding {
  check: string;
  result: 'ok' | 'bad' | 'skipped';
  detail: string;
}

const skewMaxMs = 30_000;

/** Looks at what commonly stands between a user and an answer. */
export function addDoctor(program: Command, { terminal, end }: CommandParts): void {
  const command = addFormat(
    program.command('doctor').description('check the server, the key, the clock and, with --model, that streams are not held back'),
  ).option('-m, --model <model>', 'ask it a short question (costs as much as that)');
  addExamples(command, 'sluice doctor', 'sluice doctor --model sluice-sim -o json');
  command.action(async ({ model }: { model?: string }) => {
    const { url, key } = connectionOf(command, terminal);
    checkUrl(url);
    const client = createClient({ url, apiKey: key ?? '', maxRetries: 0, timeoutMs: 10_000 });
    const findings: Finding[] = [];
    let worst: ExitCode = exitCodes.ok;
    const check = async (name: string, look: () => Promise<string>) => {
      try {
        findings.push({ check: name, result: 'ok', detail: await look() });
      } catch (error) {
        findings.push({ check: name, result: 'bad', detail: (error as Error).message });
        if (worst === exitCodes.ok) worst = exitCodeOf(error);
      }
    };
    await check('server', () => lookAtServer(client));
    if (worst === exitCodes.ok) {
      await check('clock', () => lookAtClock(client));
      await check('key', () => lookAtKey(client));
      await check('credits', () => lookAtCredits(client));
      if (model) await check('stream', () => lookAtStream(client, model));
      else findings.push({ check: 'stream', result: 'skipped', detail: 'name a model with --model to try one' });
    }
    await writeRows(
      terminal,
      formatOf(command),
      ['check', 'result', 'detail'],
      findings.map((finding) => ({ ...finding })),
    );
    end(worst);
  });
}

async function lookAtServer(client: Client): Promise<string> {
  const response = await client.transport.open({ path: '/readyz' });
  await response.text();
  const { info } = await client.transport.json<{ info?: { version?: string } }>({ path: '/openapi.json' });
  return `${client.url} is ready, version ${info?.version ?? 'unknown'}`;
}

/** Webhook signatures and tokens go by the time. */
async function lookAtClock(client: Client): Promise<string> {
  const response = await client.transport.open({ path: '/livez' });
  await response.text();
  const theirs = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return 'the server does not say its time';
  const skewMs = Date.now() - theirs;
  if (Math.abs(skewMs) > skewMaxMs) throw new Error(`this clock is ${Math.round(skewMs / 1000)} s from the server's`);
  return `within ${Math.ceil(Math.abs(skewMs) / 1000)} s of the server's`;
}

async function lookAtKey(client: Client): Promise<string> {
  const models = await client.models.list();
  return `good; ${models.length} models may be asked`;
}

async function lookAtCredits(client: Client): Promise<string> {
  try {
    const { available, debt } = await client.wallet.get();
    return `${available} available, ${debt} in debt`;
  } catch (error) {
    if (error instanceof SluiceError && error.status === 403) return 'this key may not see the wallet';
    throw error;
  }
}

/** A proxy that holds a stream back hands everything over at the end. */
async function lookAtStream(client: Client, model: string): Promise<string> {
  const { id } = await client.jobs.create({ model, input: 'Count from one to thirty in words.', params: { max_tokens: 100 } });
  const arrivals: number[] = [];
  for await (const { event } of client.jobs.events(id)) if (event.type === 'text-delta') arrivals.push(performance.now());
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  if (first === undefined || last === undefined) throw new Error(`${model} did not answer; see: sluice jobs get ${id}`);
  if (arrivals.length > 3 && last - first < 5)
    throw new Error('everything came at once: something between here and the server holds streams back');
  return `${arrivals.length} pieces over ${Math.round(last - first)} ms`;
}

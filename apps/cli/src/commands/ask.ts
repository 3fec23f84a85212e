import { NotFoundError, SluiceError, textOutput, type AskOptions, type Job } from '@sluice/client';
import { Option, type Command } from 'commander';
import { addExamples, decimal, wholeNumber, type CommandParts } from '../command-parts.ts';
import { usageError } from '../exit-codes.ts';
import { cleanText } from '../output/clean-text.ts';
import type { Terminal } from '../terminal.ts';

interface AskFlags {
  model?: string;
  system?: string;
  maxTokens?: number;
  temperature?: number;
  cache?: true | number;
  keySource?: 'platform' | 'own' | 'auto';
  events?: true;
}

export function addAsk(program: Command, { terminal, client }: CommandParts): void {
  const command = program
    .command('ask')
    .description('ask a model; the answer streams to standard output')
    .argument('<question>', 'the question, or - to read it from standard input')
    .option('-m, --model <model>', 'the model; unless set, the only one there is, or what stands for default:text')
    .option('-s, --system <text>', 'a system message')
    .option('--max-tokens <n>', 'how long the answer may be', wholeNumber(1, 10_000_000))
    .option('--temperature <n>', 'from 0 to 2', decimal)
    .option('--cache [seconds]', 'take the answer of an identical question, if there is one and it is no older', wholeNumber(1, 2_592_000))
    .addOption(
      new Option('--key-source <whose>', 'whose provider key to use; `sluice provider-keys` stores your own').choices([
        'platform',
        'own',
        'auto',
      ]),
    )
    .option('--events', "print the job's events as JSON lines instead of the text");
  addExamples(
    command,
    'sluice ask "Name three rivers." -m sluice-sim',
    'cat article.txt | sluice ask - -m sluice-sim -s "Summarise in one sentence."',
  );
  command.action(async (question: string, flags: AskFlags) => {
    const sluice = client(command);
    const input = question === '-' ? await readAll(terminal) : question;
    if (input.trim() === '') throw usageError('The question is empty.');
    const model = flags.model ?? (await findModel(sluice));
    const request = requestOf(flags, model);
    if (flags.events) {
      const { id } = await sluice.jobs.create({ ...request, input });
      for await (const entry of sluice.jobs.events(id, { signal: terminal.signal })) terminal.stdout.write(`${JSON.stringify(entry)}\n`);
      return;
    }
    await stream(terminal, sluice.ask.stream(input, { ...request, signal: terminal.signal, onJob: ({ id }) => (jobId = id) }));
  });
  let jobId: string | null = null;

  async function stream({ stdout, say }: Terminal, pieces: AsyncGenerator<string, Job>): Promise<void> {
    const write = (text: string) => stdout.write(stdout.isTTY ? cleanText(text) : text);
    let last = '\n';
    let job: Job | null = null;
    try {
      let next = await pieces.next();
      for (; !next.done; next = await pieces.next()) {
        write(next.value);
        last = next.value;
      }
      job = next.value;
    } catch (error) {
      if (jobId && (terminal.signal.aborted || error instanceof SluiceError))
        say(`\nThe job is ${jobId}; read it with: sluice jobs get ${jobId}`);
      throw error;
    }
    if (!last.endsWith('\n')) write('\n');
    if (job?.status === 'incomplete') say(`The answer is not whole: the model stopped by ${textOutput(job)?.finish_reason ?? 'itself'}.`);
  }
}

async function readAll({ stdin }: Terminal): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of stdin.setEncoding('utf8') as AsyncIterable<string>) pieces.push(piece);
  return pieces.join('');
}

function requestOf({ system, cache, keySource, maxTokens, temperature }: AskFlags, model: string): AskOptions {
  return {
    model,
    ...(system !== undefined && { instructions: system }),
    ...(cache !== undefined && { cache: cache === true ? true : { ttl_s: cache } }),
    ...(keySource && { key: keySource }),
    params: { ...(maxTokens && { max_tokens: maxTokens }), ...(temperature !== undefined && { temperature }) },
  };
}

/** The only model there is, or what stands for text. */
async function findModel(client: ReturnType<CommandParts['client']>): Promise<string> {
  const models = await client.models.list();
  const [first] = models;
  if (first && models.length === 1) return first.id;
  try {
    return (await client.models.get('default:text')).id;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw usageError(`Say which model to ask with --model: ${models.map(({ id }) => id).join(', ') || 'there is none yet'}.`);
  }
}

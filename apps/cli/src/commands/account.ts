import type { Command } from 'commander';
import { addExamples, addFormat, formatOf, wholeNumber, type CommandParts } from '../command-parts.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeObject, writeRows, type Row } from '../output/write-rows.ts';

/** What one may ask, has and has used; and the proofs that the money agrees. */
export function addAccount(program: Command, { terminal, client, end }: CommandParts): void {
  const models = addFormat(program.command('models').description('the models you may ask, with their prices in credits per 1,000 tokens'));
  addExamples(models, 'sluice models', 'sluice models -o jsonl');
  models.action(async () => {
    const rows = (await client(models).models.list()).map((model) => ({
      ...model,
      ...renderPrice(model.price),
      capabilities: model.capabilities.join(' '),
    }));
    await writeRows(terminal, formatOf(models), ['id', 'owned_by', 'capabilities', 'context_window', 'input_price', 'output_price'], rows);
  });

  const usage = addFormat(program.command('usage').description('what was used and what it cost'))
    .option('--from <day>', 'a day or time; 30 days ago unless set')
    .option('--to <day>', 'a day or time; now unless set')
    .option('--by <groups>', 'day, model or template, or several with commas', 'day');
  addExamples(usage, 'sluice usage', 'sluice usage --by model --from 2026-01-01 -o csv');
  usage.action(async ({ from, to, by }: { from?: string; to?: string; by: string }) => {
    const report = await client(usage).usage.report({ ...(from && { from }), ...(to && { to }), group_by: by });
    const groups = by.split(',').map((name) => name.trim());
    const columns = [...groups, 'jobs', 'input_tokens', 'output_tokens', 'cost'];
    const format = formatOf(usage);
    if (format === 'json') return writeObject(terminal, format, { ...report });
    const total = format === 'table' && report.data.length > 1 ? [{ [groups[0] ?? 'day']: 'total', ...report.total }] : [];
    await writeRows(terminal, format, columns, [...report.data, ...total]);
  });

  const wallet = addFormat(program.command('wallet').description('your credits')).option(
    '--transfers [n]',
    'the latest transfers instead',
    wholeNumber(1, 100_000),
  );
  addExamples(wallet, 'sluice wallet', 'sluice wallet --transfers 10 -o csv');
  wallet.action(async ({ transfers }: { transfers?: number | true }) => {
    const sluice = client(wallet);
    if (transfers === undefined) return writeObject(terminal, formatOf(wallet), { ...(await sluice.wallet.get()) });
    const max = transfers === true ? 20 : transfers;
    const rows = take(sluice.wallet.transfers({ limit: Math.min(100, max) }), max);
    await writeRows(terminal, formatOf(wallet), ['id', 'created_at', 'kind', 'debit', 'credit', 'amount', 'job_id', 'note'], rows);
  });

  const audit = addFormat(program.command('audit').description('prove that wallets, jobs and the ledger agree (administrators)'));
  addExamples(audit, 'sluice audit', 'sluice audit -o json > audit.json');
  audit.action(async () => {
    const report = await client(audit).admin.audit({ timeoutMs: 600_000 });
    const format = formatOf(audit);
    if (format === 'json') await writeObject(terminal, format, { ...report });
    else await writeRows(terminal, format, ['id', 'title', 'findings'], report.invariants);
    terminal.say(report.findings === 0 ? 'Everything agrees.' : `${report.findings} findings.`);
    if (report.findings > 0) end(exitCodes.failure);
  });
}

function renderPrice(
  price:
    | { mode: 'simple'; input_price: string; output_price: string }
    | { mode: 'tiered'; tiers: { input_price: string; output_price: string }[] },
): Row {
  const tiers = price.mode === 'tiered' ? price.tiers : [price];
  return { input_price: tiers.map((tier) => tier.input_price).join('/'), output_price: tiers.map((tier) => tier.output_price).join('/') };
}

async function* take(items: AsyncIterable<object>, max: number): AsyncGenerator<Row> {
  let count = 0;
  for await (const item of items) {
    yield { ...item };
    count += 1;
    if (count === max) return;
  }
}

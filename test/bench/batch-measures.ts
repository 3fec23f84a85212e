import { setTimeout as wait } from 'node:timers/promises';
import { batchIs, completedRows, createBatch, rowBody, type BatchSize } from './batch-rows.ts';
import { roleNames, type BatchStage } from './batch-stage.ts';
import { processorMs, residentBytes } from './child.ts';
import { collectGarbage } from './collect-garbage.ts';
import { quantile } from './quantiles.ts';
import type { Report } from './report.ts';

/** How many answers a second the provider gives when nothing stands in front of it and every place is taken again at once. */
export async function measureLimit({ providerUrl }: BatchStage, report: Report, load: { places: number; seconds: number }): Promise<void> {
  let answered = 0;
  const until = performance.now() + load.seconds * limitRounds * 1000;
  const keepAsking = async (place: number) => {
    while (performance.now() < until) {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
      const body = JSON.stringify({ ...rowBody(load.seconds, place), model: 'sluice-sim', stream: true });
      const response = await fetch(`${providerUrl}/chat/completions`, { method: 'POST', headers, body });
      if (!response.ok) throw new Error(`the provider answered ${response.status}`);
      await response.text();
      answered += 1;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: load.places }, (_, place) => keepAsking(place)));
  const perSecond = answered / ((performance.now() - startedAt) / 1000);
  for (const metric of [rate, wholeRate]) report.add(metric, '/s', 'direct', perSecond);
}

const rate = 'rows answered';
const wholeRate = 'the whole batch, files included';
const limitRounds = 12;

/** How long a large file is read and checked. */
export async function measureValidation(stage: BatchStage, report: Report, rows: number): Promise<void> {
  const id = await createBatch(stage, { rows, seconds: 1 }, { paused: true });
  const [startedAt, cpuBefore] = [performance.now(), processorMs([stage.roles.worker])];
  await batchIs(stage.sdk, id, 'in_progress');
  report.add(`validation of ${rows} lines`, 's', 'sluice', (performance.now() - startedAt) / 1000);
  report.add('its processor time', 's', 'sluice', (processorMs([stage.roles.worker]) - cpuBefore) / 1000);
  await stage.sdk.batches.cancel(id);
  await batchIs(stage.sdk, id, 'cancelled');
}

/** How close a batch comes to its provider's limit, and whether anything grows meanwhile. */
export async function measureRun(stage: BatchStage, report: Report, { rows, seconds }: BatchSize): Promise<void> {
  const { sdk, roles } = stage;
  const id = await createBatch(stage, { rows, seconds });
  const samples = [];
  for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
    const done = await completedRows(sdk, id, rows * share);
    const atMs = performance.now();
    const cpuMs = roleNames.map((role) => processorMs([roles[role]]));
    for (const role of roleNames) await collectGarbage(roles[role]);
    samples.push({ done, atMs, cpuMs, bytes: roleNames.map((role) => residentBytes(roles[role].pid)) });
  }
  const { in_progress_at: beganAt, completed_at: endedAt } = await batchIs(sdk, id, 'completed');
  const [first, second, last] = [samples[0], samples[1], samples.at(-1)];
  if (!first || !second || !last) throw new Error('a batch without samples');
  report.add(rate, '/s', 'sluice', (last.done - first.done) / ((last.atMs - first.atMs) / 1000));
  report.add(wholeRate, '/s', 'sluice', rows / ((endedAt ?? 0) - (beganAt ?? 0)));
  for (const [i, role] of roleNames.entries()) {
    const cpuMs = ((last.cpuMs[i] ?? 0) - (first.cpuMs[i] ?? 0)) / (last.done - first.done);
    report.add(`processor time of a row, ${role}`, 'ms', 'sluice', cpuMs);
    report.add(`growth of ${role} from a quarter to the end`, '%', 'sluice', 100 * ((last.bytes[i] ?? 0) / (second.bytes[i] ?? 1) - 1));
  }
}

const askedTimes = 200;

/** How long somebody else waits for the first token of a provider that answers at once. */
export async function measureNeighbour({ neighbour }: BatchStage, report: Report, when: string): Promise<void> {
  const waits: number[] = [];
  for (let asked = 0; asked < askedTimes; asked += 1) {
    const askedAt = performance.now();
    const content = '[[sim {"tokens":5,"first_token_ms":0,"tokens_per_s":1000}]] Quick.';
    const messages = [{ role: 'user' as const, content }];
    const stream = await neighbour.chat.completions.create({ model: 'bench', messages, max_tokens: 10, stream: true });
    for await (const { choices } of stream) {
      if (!choices[0]?.delta.content) continue;
      waits.push(performance.now() - askedAt);
      break;
    }
    await wait(50);
  }
  for (const q of [0.5, 0.99]) report.add(`somebody else's first token, ${when}, p${q * 100}`, 'ms', 'sluice', quantile(waits, q));
}

/** Somebody else's questions beside a batch of so many rows, which is then cancelled. */
export async function measureBeside(stage: BatchStage, report: Report, size: BatchSize): Promise<void> {
  const id = await createBatch(stage, size);
  await completedRows(stage.sdk, id, 500);
  await measureNeighbour(stage, report, `beside ${size.rows} rows`);
  const cancelledAt = performance.now();
  await stage.sdk.batches.cancel(id);
  await batchIs(stage.sdk, id, 'cancelled');
  report.add(`cancel of ${size.rows} rows, files included`, 's', 'sluice', (performance.now() - cancelledAt) / 1000);
}

/** Kills every process once during a batch, and counts the custom ids that are missing or there twice at its end. */
export async function measureKills(stage: BatchStage, report: Report, size: BatchSize): Promise<void> {
  const { sdk } = stage;
  const id = await createBatch(stage, size);
  for (const [i, role] of roleNames.entries()) {
    await completedRows(sdk, id, (size.rows * (i + 1)) / 5);
    await stage.restart(role);
  }
  const { output_file_id: output, error_file_id: error } = await batchIs(sdk, id, 'completed');
  const seen = new Map<string, number>();
  for (const fileId of [output, error]) {
    if (!fileId) continue;
    const text = await (await sdk.files.content(fileId)).text();
    for (const line of text.trimEnd().split('\n')) {
      const { custom_id: customId } = JSON.parse(line) as { custom_id: string };
      seen.set(customId, (seen.get(customId) ?? 0) + 1);
    }
  }
  const wrong = Array.from({ length: size.rows }, (_, i) => seen.get(`row-${i}`) ?? 0).filter((times) => times !== 1).length;
  report.add(`custom ids lost or doubled in ${size.rows} rows, every process killed once`, '', 'sluice', wrong);
}

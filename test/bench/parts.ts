import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { processorMs } from './child.ts';
import { direct } from './direct.ts';
import { runLoad } from './load.ts';
import { measureIdleStreams } from './memory.ts';
import type { Report } from './report.ts';
import { question, type Side } from './side.ts';
import type { Sizes } from './sizes.ts';
import { runStreams } from './streams.ts';
import type { Stage } from './world.ts';

interface PartOptions {
  sizes: Sizes;
  report: Report;
  providerUrl: string;
}

/** What one side left under way ends before the next is measured. */
const pauseMs = 1_000;

const shortQuestion = question({ tokens: 1, first_token_ms: 0, tokens_per_s: 1_000_000 });

/** How fast questions are taken. Nobody answers them, so that only taking is measured. */
export async function measureSubmits({ baseline, sluice }: Stage, { sizes, report, providerUrl }: PartOptions): Promise<void> {
  for (const connections of sizes.connections) {
    for (let round = 0; round < sizes.rounds; round += 1) {
      for (const { side, processes } of [direct(providerUrl, false), baseline, sluice]) {
        const usedMs = processorMs(processes);
        const call = side.submit(shortQuestion);
        const load = { origin: side.origin, connections, warmUpMs: sizes.loadWarmUpMs, measureMs: sizes.loadMs, call: () => call };
        const { perSecond, p99Ms, failures, answered } = await runLoad(load);
        report.add(`submits, ${connections} connections`, '/s', side.name, perSecond);
        report.add(`submit p99, ${connections} connections`, 'ms', side.name, p99Ms);
        if (processes.length > 0)
          report.add(
            `processor time of a submit, ${connections} connections`,
            'ms',
            side.name,
            (processorMs(processes) - usedMs) / answered,
          );
        if (failures > 0) report.add(`submits refused, ${connections} connections`, '', side.name, failures);
        await wait(pauseMs);
      }
    }
  }
  report.aim('submits, 256 connections', { kind: 'at-least', value: 0.8, of: 'baseline' });
}

/** How fast scripts can hand in rows, a thousand a request. */
export async function measureBulk({ sluice }: Stage, { sizes, report }: PartOptions): Promise<void> {
  const call = sluice.submitBulk(shortQuestion);
  for (let round = 0; round < sizes.rounds; round += 1) {
    const load = { origin: sluice.side.origin, connections: 4, warmUpMs: sizes.loadWarmUpMs, measureMs: sizes.loadMs, call: () => call };
    const { perSecond } = await runLoad(load);
    report.add('bulk rows', '/s', 'sluice', perSecond * 1000);
    await wait(pauseMs);
  }
  report.aim('bulk rows', { kind: 'at-least', value: 5000, of: 'absolute' });
}

/** How late tokens arrive, and whether all do. */
export async function measureStreams({ baseline, sluice }: Stage, { sizes, report, providerUrl }: PartOptions): Promise<void> {
  for (const streams of sizes.streams) {
    for (let round = 0; round < sizes.rounds; round += 1) {
      for (const { side, processes } of [direct(providerUrl, true), baseline, sluice]) {
        const usedMs = processorMs(processes);
        const result = await runStreams({
          side,
          streams,
          tokens: sizes.answerTokens,
          warmUpMs: sizes.streamsWarmUpMs,
          measureMs: sizes.streamsMs,
        });
        const add = (metric: string, unit: string, figure: number) => report.add(`${metric}, ${streams} streams`, unit, side.name, figure);
        add('question to first token p50', 'ms', result.askP50Ms);
        add('first token late p50', 'ms', result.firstP50Ms);
        add('first token late p99', 'ms', result.firstP99Ms);
        add('every token late p50', 'ms', result.everyP50Ms);
        add('every token late p99', 'ms', result.everyP99Ms);
        add('tokens arrived', '/s', result.tokensPerSecond);
        add('tokens lost', '', result.lost);
        add('answers failed', '', result.failures);
        if (processes.length > 0) add('processor time of 1,000 tokens', 'ms', ((processorMs(processes) - usedMs) / result.tokens) * 1000);
        await wait(pauseMs);
      }
    }
    report.aim(`first token late p50, ${streams} streams`, { kind: 'at-most', value: 0.5, of: 'baseline' });
    report.aim(`every token late p99, ${streams} streams`, { kind: 'at-most', value: 0.7, of: 'baseline' });
    report.aim(`tokens lost, ${streams} streams`, { kind: 'at-most', value: 0, of: 'absolute' });
  }
}

/** What it costs to keep readers waiting: their questions are queued and nobody answers them. */
export async function measureMemory({ baseline, sluice }: Stage, { sizes, report }: PartOptions): Promise<void> {
  for (const { side, processes } of [baseline, sluice]) {
    const [server] = processes;
    if (!server) continue;
    const replies = await submitMany(side, sizes.idleStreams + 100);
    const call = (index: number) => side.follow?.(replies[index] ?? '') ?? side.submit('');
    const bytes = await measureIdleStreams({ origin: side.origin, server, streams: sizes.idleStreams, settleMs: sizes.idleSettleMs, call });
    report.add('memory per idle stream', 'kB', side.name, bytes / 1024);
  }
}

async function submitMany(side: Side, count: number): Promise<string[]> {
  const replies: string[] = [];
  for (let i = 0; i < count; i += 20) {
    const { path, ...call } = side.submit(shortQuestion);
    const some = Array.from({ length: Math.min(20, count - i) }, async () => (await fetch(side.origin + path, call as RequestInit)).text());
    replies.push(...(await Promise.all(some)));
  }
  return replies;
}

/** How fast jobs go through a worker, and how fast their charges are settled when billing was away meanwhile. */
export async function measureSettlements({ sluice, databaseUrl }: Stage, { sizes, report }: PartOptions): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const count = async (where: string) => Number((await client.query(`select count(*) as count from jobs where ${where}`)).rows[0]?.count);
  const { path, ...call } = sluice.submitBulk(question({ tokens: 3, first_token_ms: 0, tokens_per_s: 1_000_000 }));
  const startMs = performance.now();
  const usedMs = processorMs(sluice.processes);
  for (let i = 0; i < sizes.jobsToSettle; i += 1000) await fetch(sluice.side.origin + path, call as RequestInit);
  while ((await count(`status in ('queued', 'running')`)) > 0) await wait(100);
  report.add('jobs taken, answered and finished', '/s', 'sluice', sizes.jobsToSettle / ((performance.now() - startMs) / 1000));
  report.add('processor time of a job', 'ms', 'sluice', (processorMs(sluice.processes) - usedMs) / sizes.jobsToSettle);

  const waiting = await count(`billing_state = 'settle_pending'`);
  await sluice.startBilling();
  let left = waiting;
  while (left === waiting) left = await count(`billing_state = 'settle_pending'`);
  const from = { left, atMs: performance.now() };
  while (left > 0) left = await count(`billing_state = 'settle_pending'`);
  report.add('settlements', '/s', 'sluice', from.left / ((performance.now() - from.atMs) / 1000));
  report.aim('settlements', { kind: 'at-least', value: 2000, of: 'absolute' });
  await client.end();
}

import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { quantile } from './quantiles.ts';
import { question, type Call, type Side } from './side.ts';

interface StreamsOptions {
  side: Side;
  streams: number;
  tokens: number;
  warmUpMs: number;
  measureMs: number;
}

export interface StreamsResult {
  /** From the question to the first token, without the time the provider itself took to begin. */
  askP50Ms: number;
  /** From the provider's writing a token to its arrival: of the first of each answer, and of all. */
  firstP50Ms: number;
  firstP99Ms: number;
  everyP50Ms: number;
  everyP99Ms: number;
  tokensPerSecond: number;
  /** All tokens that arrived, those of the warm-up too. */
  tokens: number;
  /** Tokens of answers that ended, which never arrived. */
  lost: number;
  /** Answers that ended with an error or not at all. */
  failures: number;
}

const firstTokenMs = 300;
const tokensPerS = 50;
/** Answers that are still under way so long after the last was asked for have failed. */
const drainMs = 15_000;

/** The clock the simulator stamps its tokens with. Both are processes of one machine. */
const nowMs = () => performance.timeOrigin + performance.now();

/**
 * Keeps so many answers streaming at once, each followed by the next, as people read them in a page. Every token is the time at
 * which the provider wrote it, so that its lateness is measured from end to end.
 */
export async function runStreams({ side, streams, tokens, warmUpMs, measureMs }: StreamsOptions): Promise<StreamsResult> {
  const agent = new Agent({ connections: streams * 2, pipelining: 1, bodyTimeout: 0 });
  const samples: Samples = { ask: [], first: [], every: [], tokens: 0, lost: 0, failures: 0 };
  const answerMs = firstTokenMs + (tokens / tokensPerS) * 1000;
  const startMs = nowMs();
  const measured = { fromMs: startMs + warmUpMs, untilMs: startMs + warmUpMs + measureMs };

  async function keepReading(slot: number): Promise<void> {
    // Spread over one answer's length, so that answers do not begin together.
    await wait((slot / streams) * Math.min(answerMs, warmUpMs));
    while (nowMs() < measured.untilMs) await readAnswer({ agent, side, tokens, samples, measured });
  }

  const readers = Promise.all(Array.from({ length: streams }, (_, slot) => keepReading(slot)));
  await Promise.race([readers, wait(warmUpMs + measureMs + answerMs + drainMs, null, { ref: false })]);
  await agent.destroy();
  await readers;
  return {
    askP50Ms: quantile(samples.ask, 0.5),
    firstP50Ms: quantile(samples.first, 0.5),
    firstP99Ms: quantile(samples.first, 0.99),
    everyP50Ms: quantile(samples.every, 0.5),
    everyP99Ms: quantile(samples.every, 0.99),
    tokensPerSecond: samples.every.length / (measureMs / 1000),
    tokens: samples.tokens,
    lost: samples.lost,
    failures: samples.failures,
  };
}

interface Samples {
  ask: number[];
  first: number[];
  every: number[];
  tokens: number;
  lost: number;
  failures: number;
}

interface ReadOptions {
  agent: Agent;
  side: Side;
  tokens: number;
  samples: Samples;
  measured: { fromMs: number; untilMs: number };
}

async function readAnswer({ agent, side, tokens, samples, measured }: ReadOptions): Promise<void> {
  const askedMs = nowMs();
  const isMeasured = (ms: number) => ms >= measured.fromMs && ms < measured.untilMs;
  let arrived = 0;
  let carry = '';

  function take(text: string): void {
    const arrivedMs = nowMs();
    const stamps = (carry + text).split(' ');
    carry = stamps.pop() ?? '';
    for (const stamp of stamps) {
      if (arrived === 0 && isMeasured(askedMs)) {
        samples.first.push(arrivedMs - Number(stamp));
        samples.ask.push(arrivedMs - askedMs - firstTokenMs);
      }
      arrived += 1;
      samples.tokens += 1;
      if (isMeasured(arrivedMs)) samples.every.push(arrivedMs - Number(stamp));
    }
  }

  try {
    const asked = question({ stamps: true, tokens, tokens_per_s: tokensPerS, first_token_ms: firstTokenMs });
    const stream = await openStream(agent, side, asked);
    await readData(stream, (data) => {
      const read = side.read(data);
      if (read !== null && read !== 'end') take(read.text);
      return read === 'end';
    });
    samples.lost += tokens - arrived;
  } catch {
    samples.failures += 1;
  }
}

async function openStream(agent: Agent, side: Side, asked: string): Promise<AsyncIterable<Buffer>> {
  const reply = await send(agent, side.origin, side.submit(asked));
  if (!side.follow) return reply.body;
  return (await send(agent, side.origin, side.follow(await reply.body.text()))).body;
}

async function send(agent: Agent, origin: string, call: Call) {
  const reply = await agent.request({ origin, ...call });
  if (reply.statusCode >= 300) throw new Error(`${call.path} answered ${reply.statusCode}: ${await reply.body.text()}`);
  return reply;
}

/** Calls `onData` with each `data:` line until it says that the stream is over. @throws Error when the stream ends before */
async function readData(stream: AsyncIterable<Buffer>, onData: (data: string) => boolean): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let isOver = false;
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) isOver = onData(line.slice(6)) || isOver;
  }
  if (!isOver) throw new Error('the stream ended before its answer');
}

import { isEnd } from '@sluice/contract';
import { sleep } from '@sluice/platform';
import type { SimDirective } from '@sluice/providers';
import type { AnswerBody } from '../routes/caller.ts';
import type { TestUser, World } from './world.ts';

interface NewProvider {
  name: string;
  baseUrl: string;
  /** Their last four characters tell them apart in the simulator's ledger. */
  keys: string[];
  limits?: object;
}

/** Adds a provider with its keys and answers its id. */
export async function addProvider({ admin }: Pick<World, 'admin'>, { name, baseUrl, keys, limits = {} }: NewProvider): Promise<string> {
  const [first, ...others] = keys;
  const answer = await admin.post('/v1/admin/providers', { name, base_url: baseUrl, api_key: first, limits });
  if (answer.status !== 201) throw new Error(answer.text);
  for (const key of others) await admin.post(`/v1/admin/providers/${answer.body.id}/keys`, { api_key: key });
  return answer.body.id;
}

/** Adds a model that is asked of these providers in turn; 1,000 tokens in and 1,000 out cost 3 credits. */
export async function addModel({ admin }: Pick<World, 'admin'>, alias: string, providers: string[]): Promise<void> {
  const routes = providers.map((provider) => ({ provider, model: 'sluice-sim-fast' }));
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  const answer = await admin.post('/v1/admin/models', { alias, routes, price, max_output_tokens: 100_000 });
  if (answer.status !== 201) throw new Error(answer.text);
}

/** What to ask so that the simulator does this. */
export function asking(model: string, directive: SimDirective, more: object = {}): object {
  return { model, input: `[[sim ${JSON.stringify(directive)}]] Speak.`, params: { max_tokens: 200 }, ...more };
}

const bulkMax = 500;

/** Submits jobs and answers their ids in order. */
export async function submitAll({ call }: Pick<TestUser, 'call'>, jobs: object[]): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < jobs.length; at += bulkMax) {
    const answer = await call.post('/v1/jobs/bulk', { jobs: jobs.slice(at, at + bulkMax) });
    if (answer.status >= 300) throw new Error(answer.text);
    for (const row of answer.body.data as unknown as { job?: { id: string } }[]) {
      if (!row.job) throw new Error(`refused: ${JSON.stringify(row)}`);
      ids.push(row.job.id);
    }
  }
  return ids;
}

interface EndedJob extends AnswerBody {
  status: string;
  provider: string;
  attempt: number;
  failures: number;
  usage: { input_tokens: number; output_tokens: number; source: string };
  billing: { state: string; cost: string };
  timings: { total_ms: number };
}

/** Waits until all of these jobs have ended, and answers them in order. */
export async function untilEnded({ call }: Pick<TestUser, 'call'>, ids: string[]): Promise<EndedJob[]> {
  const ended: EndedJob[] = [];
  for (const id of ids) {
    for (;;) {
      const { body } = await call.get(`/v1/jobs/${id}`);
      const job = body as unknown as EndedJob;
      if (isEnd(job.status as Parameters<typeof isEnd>[0])) {
        ended.push(job);
        break;
      }
      await sleep(50);
    }
  }
  return ended;
}

export interface Span {
  startedAt: number;
  endedAt: number | null;
}

/** The most calls that were under way at one moment. */
export function mostAtOnce(calls: Span[]): number {
  const changes = calls.flatMap(({ startedAt, endedAt }) => [
    { at: startedAt, by: 1 },
    { at: endedAt ?? Number.MAX_SAFE_INTEGER, by: -1 },
  ]);
  let open = 0;
  let most = 0;
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) most = Math.max(most, (open += by));
  return most;
}

/** The most that came together in any window of this length. */
export function mostWithin(windowMs: number, weighed: { at: number; weight: number }[]): number {
  const ordered = weighed.toSorted((a, b) => a.at - b.at);
  let most = 0;
  let sum = 0;
  let from = 0;
  for (const { at, weight } of ordered) {
    sum += weight;
    while ((ordered[from]?.at ?? at) <= at - windowMs) sum -= ordered[from++]?.weight ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

import { afterEach, expect, test } from 'vitest';
import { readRaw } from './raw-stream.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

let world: SurfaceWorld;
afterEach(() => world?.close());

/** The events that whoever asks now is given, to the end. */
async function eventTypes(id: string): Promise<string[]> {
  const { data } = await readRaw({ url: world.url(), key: world.person.key, path: `/v1/responses/${id}?stream=true` });
  return data.map((line) => (JSON.parse(line) as { type: string }).type.replace('response.', ''));
}

const oneCleanSequence = [
  'created',
  'queued',
  'in_progress',
  'output_item.added',
  'content_part.added',
  'output_text.delta',
  'output_text.done',
  'content_part.done',
  'output_item.done',
  'completed',
];
const withoutRepeats = (types: string[]) => types.filter((type, i) => type !== types[i - 1]);

async function startSlow(tag: string): Promise<string> {
  const { id } = await world.sdk.responses.create({
    model: 'mock',
    input: ask({ text: 'After all.', first_token_ms: 3000, tag }),
    background: true,
  });
  await expect.poll(() => world.simulator.ledger.calls(tag).length, { timeout: 20_000 }).toBe(1);
  return id;
}

async function expectOneAnswer(id: string, types: string[]): Promise<void> {
  expect(withoutRepeats(types)).toEqual(oneCleanSequence);
  expect(await world.sdk.responses.retrieve(id)).toMatchObject({ status: 'completed', output_text: 'After all.' });
  expect((await world.person.call.get(`/v1/jobs/${id.replace('resp_', 'job_')}`)).body).toMatchObject({ attempt: 2 });
}

test(
  'C27: when a worker dies before any output, another answers, and the stream shows one clean sequence (distributed)',
  { timeout: 90_000 },
  async () => {
    world = await startSurfaceWorld('distributed');
    const id = await startSlow('c27-distributed');
    const reading = eventTypes(id);
    await world.roles.get('worker')?.end('SIGKILL');
    await world.start('worker-2', 'worker');
    await expectOneAnswer(id, await reading);
  },
);

test('C27: when the one process dies before any output, it answers after its restart (embedded)', { timeout: 90_000 }, async () => {
  world = await startSurfaceWorld('embedded');
  const id = await startSlow('c27-embedded');
  await world.roles.get('standalone')?.end('SIGKILL');
  await world.start('standalone', 'standalone');
  await expectOneAnswer(id, await eventTypes(id));
});

import type { UsageSource } from '@sluice/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, sql } from '../database/index.ts';
import { adjust } from './adjust.ts';
import type { Settlement } from './charge.ts';
import { createBillingWorld, type BillingWorld } from './testing/billing-world.ts';
import { expectSound } from './testing/expect-sound.ts';
import { canHold, credit, payDebt, settle, walletOf, type ModelJob, type WalletModel } from './testing/wallet-model.ts';
import { recharge } from './recharge.ts';
import { lockWallets } from './wallets.ts';

let world: BillingWorld;
beforeAll(async () => void (world = await createBillingWorld()));
afterAll(() => world.close());

type Command = fc.AsyncCommand<WalletModel, BillingWorld>;

/** A step of a walk: what it does to the model and to the database, after which both must agree and every rule hold. */
function step(
  name: string,
  run: (model: WalletModel, world: BillingWorld) => Promise<void>,
  isUseful: (model: Readonly<WalletModel>) => boolean = () => true,
): Command {
  return {
    check: isUseful,
    toString: () => name,
    run: async (model, real) => {
      await run(model, real);
      await expectAgreement(model, real);
    },
  };
}

async function expectAgreement(model: WalletModel, real: BillingWorld): Promise<void> {
  const wallets = await lockWallets(real.em(), [...model.wallets.keys()]);
  for (const [userId, { balance, held, debt, openJobs }] of model.wallets) {
    const asText = { balance: `${balance}.0000`, held: `${held}.0000`, debt: `${debt}.0000`, openJobs };
    expect(wallets.get(userId)).toMatchObject(asText);
  }
  await expectSound(real.em());
}

async function expectConflict(done: Promise<unknown>): Promise<void> {
  await expect(done).rejects.toMatchObject({ code: 'conflict' });
}

function expectHeld(jobId: string | null, canHold: boolean): void {
  expect(jobId !== null).toBe(canHold);
}

function expectCharged(settled: Settlement[], expected: Partial<Settlement>[]): void {
  expect(settled).toMatchObject(expected);
}

const userAt = (model: WalletModel, n: number): string => [...model.wallets.keys()][n % model.wallets.size] as string;
const jobsIn = (model: Readonly<WalletModel>, ...states: ModelJob['state'][]) =>
  [...model.jobs].filter(([, { state }]) => states.includes(state)).toSorted(byId);
const byId = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);
const pick = <Item>(items: Item[], picks: number[]): Item[] =>
  [...new Set(picks.map((n) => items[n % items.length] as Item))].filter((item) => item !== undefined);

const amount = fc.integer({ min: 1, max: 12 });
const picks = fc.array(fc.nat(50), { minLength: 1, maxLength: 4 });

const recharging = fc.tuple(fc.nat(1), amount, fc.integer({ min: 1, max: 3 })).map(([n, credits, times]) =>
  step(`recharge(${n}, ${credits}) x${times}`, async (model, real) => {
    const userId = userAt(model, n);
    const order = { userId, amount: `${credits}`, note: '', createdBy: real.admin, idempotencyKey: crypto.randomUUID(), now: new Date() };
    await Promise.all(Array.from({ length: times }, () => recharge(real.em(), order)));
    credit(walletOf(model, userId), credits);
  }),
);

const adjusting = fc.tuple(fc.nat(1), amount, fc.constantFrom(1, -1)).map(([n, credits, sign]) =>
  step(`adjust(${n}, ${sign * credits})`, async (model, real) => {
    const userId = userAt(model, n);
    const wallet = walletOf(model, userId);
    const done = adjust(real.em(), { userId, amount: `${sign * credits}`, note: 'walk', createdBy: real.admin, idempotencyKey: null });
    if (sign < 0 && wallet.balance - wallet.held < credits) return expectConflict(done);
    await done;
    credit(wallet, sign * credits);
  }),
);

const submitting = fc
  .array(fc.tuple(fc.nat(1), fc.nat(8), fc.nat(2), fc.constantFrom(1, 1, 0, 2)), { minLength: 1, maxLength: 4 })
  .map((drafts) =>
    step(`submit(${JSON.stringify(drafts)})`, async (model, real) => {
      const asked = drafts.map(([n, hold, batch, factor]) => ({
        userId: userAt(model, n),
        hold: `${hold}`,
        priceFactor: `${factor}`,
        ...(batch > 0 && { batchId: `batch_${batch}`, conversationId: `cnv_${n}` }),
      }));
      const ids = await real.submit(asked, model.priceId);
      drafts.forEach(([n, hold, , factor], i) => {
        const [userId, id] = [userAt(model, n), ids[i] ?? null];
        const wallet = walletOf(model, userId);
        expectHeld(id, canHold(wallet, hold));
        if (id === null) return;
        wallet.held += hold;
        wallet.openJobs += 1;
        model.jobs.set(id, { userId, hold, rate: model.rate, factor, state: 'running', cost: 0 });
      });
    }),
  );

const finishing = fc
  .tuple(picks, fc.nat(6), fc.nat(6), fc.constantFrom<UsageSource>('provider', 'provider', 'estimated', 'mixed', 'none'))
  .map(([chosen, input, output, usageSource]) =>
    step(
      `finish(${chosen.join()}, ${input}+${output} ${usageSource})`,
      async (model, real) => {
        const jobs = pick(jobsIn(model, 'running'), chosen);
        await real.finish(
          jobs.map(([id]) => id),
          { tokens: { input_tokens: input, output_tokens: output }, usageSource },
        );
        for (const [, job] of jobs) {
          const price = usageSource === 'none' ? 0 : (input + output) * job.rate * job.factor;
          const isCapped = usageSource === 'estimated' || usageSource === 'mixed';
          Object.assign(job, { state: 'pending', cost: isCapped ? Math.min(price, job.hold) : price });
        }
      },
      (model) => jobsIn(model, 'running').length > 0,
    ),
  );

/** Settled ones are among those that are chosen: they must not be charged again. */
const settling = fc.tuple(picks, picks, fc.integer({ min: 1, max: 3 })).map(([chosen, again, times]) =>
  step(
    `settle(${chosen.join()} and again ${again.join()}) x${times}`,
    async (model, real) => {
      const pending = pick(jobsIn(model, 'pending'), chosen).toSorted(byId);
      const ids = [...pending, ...pick(jobsIn(model, 'settled'), again)].map(([id]) => id);
      const settled = (await Promise.all(Array.from({ length: times }, () => real.settle(ids)))).flat();
      const expected = pending.map(([jobId, job]) => ({
        jobId,
        cost: `${job.cost}.0000`,
        collected: `${settle(walletOf(model, job.userId), job)}.0000`,
      }));
      expectCharged(settled, expected);
      for (const [, job] of pending) payDebt(walletOf(model, job.userId));
    },
    (model) => jobsIn(model, 'pending').length > 0,
  ),
);

const repricing = fc.constantFrom(1, 2, 3).map((rate) =>
  step(`price(${rate})`, async (model, real) => {
    const perThousand = `${rate * 1000}`;
    model.priceId = await real.price({ mode: 'simple', input_price: perThousand, output_price: perThousand });
    model.rate = rate;
  }),
);

const walks = fc.commands(
  [recharging, adjusting, submitting, finishing, settling, submitting, finishing, settling, finishing, settling, repricing],
  { maxCommands: 60, size: 'max' },
);

async function newWalk(): Promise<{ model: WalletModel; real: BillingWorld }> {
  const users = await Promise.all([world.user('20'), world.user('5')]);
  const priceId = await world.price({ mode: 'simple', input_price: '1000', output_price: '1000' });
  const wallets = new Map(users.map((userId, i) => [userId, { balance: [20, 5][i] as number, held: 0, debt: 0, openJobs: 0 }]));
  return { model: { wallets, jobs: new Map(), rate: 1, priceId }, real: world };
}

test('after every step of a random walk the wallets are what the model says and every rule holds', { timeout: 120_000 }, async () => {
  const walking = fc.asyncProperty(walks, (commands) => fc.asyncModelRun(newWalk, commands));
  await expect(fc.assert(walking, { numRuns: 10, endOnFailure: true })).resolves.toBeUndefined();
});

test(
  'streams of submits, ends, settlements and credits that race leave no rule broken and no credit lost',
  { timeout: 120_000 },
  async () => {
    const racing = fc.asyncProperty(fc.nat(), (seed) => race(streamsFrom(seed)));
    await expect(fc.assert(racing, { numRuns: 3, endOnFailure: true })).resolves.toBeUndefined();
  },
);

interface Move {
  move: number;
  n: number;
  picks: number[];
}

/** Six streams of forty moves, made from a number that a failure can name. */
function streamsFrom(seed: number): Move[][] {
  const move = fc.record({ move: fc.nat(4), n: fc.nat(50), picks: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }) });
  return Array.from({ length: 6 }, (_, i) => fc.sample(move, { numRuns: 40, seed: seed + i }));
}

async function race(streams: Move[][]): Promise<void> {
  const users = await Promise.all(Array.from({ length: 3 }, () => world.user('30')));
  const jobIds: string[] = [];
  const submit = async (picks: number[]) => {
    const ids = await world.submit(picks.map((n) => ({ userId: users[n % 3] as string, hold: `${n % 4}`, batchId: `batch_${n % 2}` })));
    jobIds.push(...ids.filter((id) => id !== null));
  };
  const moves: ((move: Move) => Promise<unknown>)[] = [
    ({ picks }) => submit([...picks, ...picks, ...picks]),
    ({ picks, n }) =>
      world.finish(pick(jobIds, picks), { tokens: { output_tokens: n % 7 }, usageSource: n % 5 ? 'provider' : 'estimated' }),
    ({ picks, n }) => world.settle(pick(jobIds, [...picks, ...picks.map((pick) => pick + n)])),
    ({ n }) => world.settle(pick(jobIds, [n])),
    ({ n }) =>
      recharge(world.em(), {
        userId: users[n % 3] as string,
        amount: '4',
        note: '',
        createdBy: world.admin,
        idempotencyKey: n % 2 ? null : `${users[n % 3]} ${n % 4}`,
        now: new Date(),
      }),
  ];
  await Promise.all(
    streams.map(async (stream) => {
      for (const step of stream) await moves[step.move]?.(step);
    }),
  );
  await world.finish(jobIds, { tokens: { output_tokens: 1 } });
  await world.settle(jobIds);
  await expectNothingLost();
}

/** What administrators gave is in wallets, or was paid for usage or for debt. */
async function expectNothingLost(): Promise<void> {
  const [sums] = await execute<{ given: string; found: string }>(
    world.em(),
    sql`select sum(case when debit in ('cash_clearing', 'adjustment') then amount when credit = 'adjustment' then -amount else 0 end)::text as given,
          (sum(amount) filter (where kind in ('usage', 'debt_repay')) + (select sum(balance) from wallets))::text as found
        from transfers`,
  );
  expect(sums?.found).toBe(sums?.given);
  await expectSound(world.em());
}

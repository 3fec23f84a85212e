import { claimDeliveries, recordTries, type ClaimedDelivery, type EndedTry } from '@sluice/core';
import { createBatcher, createLoop, type Closers, type Probe } from '@sluice/platform';
import { Counter } from 'prom-client';
import type { DeliveryParts } from './delivery-parts.ts';
import { createDeliverySlots, roomEach } from './delivery-slots.ts';
import { tryDelivery } from './try-delivery.ts';

/** Due deliveries are looked for this often, even if no bell rings. */
const lookMs = 1000;

/** What a closing worker waits for requests under way; those that take longer are sent again, under the same id. */
const graceMs = 5000;

/**
 * Sends what is due to webhook endpoints, at least once: a delivery is this worker's under a lease, its try is written when the
 * answer is there, and if the worker dies in between, the delivery comes again under the same webhook-id. Several workers share
 * the work.
 */
export async function startDeliveries(parts: DeliveryParts, closers: Closers): Promise<Probe> {
  const { db, log, registry } = parts;
  const slots = createDeliverySlots();
  const underWay = new Set<Promise<void>>();
  const stop = new AbortController();
  const record = createBatcher<EndedTry, void>({
    flush: async (ended) => (await recordTries(db.em(), ended), ended.map(() => undefined)),
  });
  const tries = new Counter({
    name: 'sluice_webhook_tries_total',
    help: 'Webhook requests, by what became of their delivery',
    labelNames: ['outcome'],
    registers: [registry],
  });

  async function run(delivery: ClaimedDelivery): Promise<void> {
    let isAnswered = false;
    try {
      const ended = await tryDelivery(parts, delivery, stop.signal);
      isAnswered = ended.next.to === 'delivered' || ended.next.to === 'disabled';
      tries.inc({ outcome: ended.next.to });
      await record.add(ended);
    } catch (err) {
      if (!stop.signal.aborted) log.error({ err, deliveryId: delivery.id }, 'webhook try failed; it comes again when its lease is over');
    } finally {
      slots.end(delivery.target, isAnswered);
      loop.wake();
    }
  }

  const loop = createLoop({
    name: 'deliveries',
    intervalMs: lookMs,
    log,
    async turn() {
      const { limit, rooms, suspectLimit, suspectRooms } = slots.room();
      const claimed = limit > 0 ? await claimDeliveries(db.em(), { from: 'all', limit, roomEach, rooms }) : [];
      const left = Math.min(suspectLimit, limit - claimed.length);
      const isAnySuspect = left > 0 && suspectRooms.length > 0;
      const suspects = isAnySuspect
        ? await claimDeliveries(db.em(), { from: 'listed', limit: left, roomEach: 0, rooms: suspectRooms })
        : [];
      for (const delivery of [...claimed, ...suspects]) {
        slots.begin(delivery.target);
        const trying = run(delivery).finally(() => underWay.delete(trying));
        underWay.add(trying);
      }
      return 'rest';
    },
  });

  closers.add('deliveries', async () => {
    await loop.close();
    const giveUp = setTimeout(() => stop.abort(), graceMs);
    await Promise.all(underWay);
    clearTimeout(giveUp);
  });
  closers.add('deliveries bell', await parts.bell.listen('deliveries', () => loop.wake()));
  return { name: 'deliveries', lastTurnAt: () => loop.lastTurnAt(), ageMaxMs: 60_000 };
}

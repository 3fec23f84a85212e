import { listLanes, type Lane } from '@sluice/core';
import { createConsumer, type Consumer } from '@sluice/queue';
import { runMessage } from './run-message.ts';
import type { WorkerState } from './worker-state.ts';

/** The lanes this process serves. */
export interface Lanes {
  /** Rereads the enabled providers; opens and drains lanes to match. */
  refresh(): Promise<void>;
  lastProgressAt(): number;
  /** Takes no more messages; what runs has this long to end by itself. */
  close(graceMs: number): Promise<void>;
}

interface OpenLane {
  lane: Lane;
  consumers: Consumer[];
}

/** Batches get this share of a lane, so that an interactive question never waits for a place that a batch holds. */
const batchShare = 0.8;

export function createLanes(state: WorkerState): Lanes {
  const open = new Map<string, OpenLane>();
  const concurrency = state.settings.WORKER_CONCURRENCY;

  function openLane(lane: Lane): OpenLane {
    const opened: OpenLane = { lane, consumers: [] };
    const consume = (kind: 'interactive' | 'batch', atOnce: number) =>
      createConsumer({
        connection: state.queue,
        log: state.log,
        providerId: lane.providerId,
        kind,
        concurrency: atOnce,
        // The lane as it is now: its keys may have changed since it was opened.
        handle: (ref) => runMessage(state, opened.lane, ref),
      });
    opened.consumers = [consume('interactive', concurrency), consume('batch', Math.max(1, Math.floor(concurrency * batchShare)))];
    return opened;
  }

  async function drain(providerId: string, graceMs: number): Promise<void> {
    const { consumers } = open.get(providerId) ?? { consumers: [] };
    open.delete(providerId);
    await Promise.all(consumers.map((consumer) => consumer.close(graceMs)));
  }

  return {
    async refresh() {
      const lanes = await listLanes(state.db.em(), state.vault);
      for (const lane of lanes) {
        for (const fault of lane.faults) state.log.error({ ...fault, provider: lane.name }, 'provider key cannot be decrypted');
        const known = open.get(lane.providerId);
        if (known) known.lane = lane;
        else open.set(lane.providerId, openLane(lane));
      }
      const gone = [...open.keys()].filter((id) => !lanes.some(({ providerId }) => providerId === id));
      for (const providerId of gone)
        void drain(providerId, drainMs).catch((err: unknown) => state.log.error({ err, providerId }, 'lane did not drain'));
    },
    lastProgressAt: () =>
      Math.max(0, ...[...open.values()].flatMap(({ consumers }) => consumers.map((consumer) => consumer.lastProgressAt()))),
    close: async (graceMs) => void (await Promise.all([...open.keys()].map((providerId) => drain(providerId, graceMs)))),
  };
}

/** A disabled provider's running attempts may take this long to end by themselves. */
const drainMs = 600_000;

/** What a turn may take, given what is under way. */
export interface Room {
  /** For targets that nothing is known against. */
  limit: number;
  /** For those whose last try failed. */
  suspectLimit: number;
  /** Targets with less than the usual room: busy ones, and suspects, which get none from `limit`. */
  rooms: { target: string; room: number }[];
  /** Suspects with room for one. */
  suspectRooms: { target: string; room: number }[];
}

export interface DeliverySlots {
  room(): Room;
  begin(target: string): void;
  end(target: string, isAnswered: boolean): void;
}

/** Requests under way in one worker process at the most, and the share of those that may be for targets whose last try failed. */
const slotsMax = 128;
const suspectSlotsMax = 64;
/** For one target. */
export const roomEach = 8;
/** Suspects that are remembered; one that is forgotten is found out again. */
const suspectsMax = 10_000;

/**
 * Shares the requests of this process among targets, so that no dead endpoint slows the others: a target gets eight at once; after a
 * failure one at a time until it answers well again, and all such targets together half of the slots.
 */
export function createDeliverySlots(): DeliverySlots {
  const busy = new Map<string, number>();
  const suspects = new Set<string>();
  const inUse = (): number => [...busy.values()].reduce((sum, count) => sum + count, 0);
  const suspectsInUse = (): number => [...busy].reduce((sum, [target, count]) => sum + (suspects.has(target) ? count : 0), 0);

  function suspect(target: string): void {
    suspects.delete(target);
    suspects.add(target);
    const [oldest] = suspects;
    if (suspects.size > suspectsMax && oldest !== undefined) suspects.delete(oldest);
  }

  return {
    room() {
      const limit = slotsMax - inUse();
      const healthy = [...busy].filter(([target]) => !suspects.has(target));
      return {
        limit,
        suspectLimit: Math.min(limit, suspectSlotsMax - suspectsInUse()),
        rooms: [
          ...healthy.map(([target, count]) => ({ target, room: Math.max(0, roomEach - count) })),
          ...[...suspects].map((target) => ({ target, room: 0 })),
        ],
        suspectRooms: [...suspects].filter((target) => !busy.has(target)).map((target) => ({ target, room: 1 })),
      };
    },
    begin: (target) => void busy.set(target, (busy.get(target) ?? 0) + 1),
    end(target, isAnswered) {
      const count = (busy.get(target) ?? 1) - 1;
      if (count > 0) busy.set(target, count);
      else busy.delete(target);
      if (isAnswered) suspects.delete(target);
      else suspect(target);
    },
  };
}

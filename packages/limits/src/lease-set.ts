import { batchShareOf, leaseMs, recheckMs, type AdmissionLease } from './admission.ts';

/** The leases of one key that have not ended. */
export interface LeaseSet {
  waitMs(concurrency: number, isBatch: boolean, nowMs: number): number;
  keep(lease: AdmissionLease, nowMs: number): void;
  /** False when the lease had ended or was dropped before. */
  drop(lease: AdmissionLease, nowMs: number): boolean;
  count(nowMs: number): number;
  isEmpty(nowMs: number): boolean;
}

export function createLeaseSet(): LeaseSet {
  const leases = new Map<string, { expiresAtMs: number; isBatch: boolean }>();

  function forget(nowMs: number): void {
    for (const [id, { expiresAtMs }] of leases) if (expiresAtMs <= nowMs) leases.delete(id);
  }

  function countAt(nowMs: number): number {
    forget(nowMs);
    return leases.size;
  }

  return {
    waitMs(concurrency, isBatch, nowMs) {
      forget(nowMs);
      const held = [...leases.values()];
      const isShareTaken = isBatch && held.filter((lease) => lease.isBatch).length >= batchShareOf(concurrency);
      if (held.length < concurrency && !isShareTaken) return 0;
      return Math.min(recheckMs, ...held.map(({ expiresAtMs }) => expiresAtMs - nowMs));
    },
    keep: ({ leaseId, isBatch }, nowMs) => void leases.set(leaseId, { expiresAtMs: nowMs + leaseMs, isBatch }),
    drop({ leaseId }, nowMs) {
      forget(nowMs);
      return leases.delete(leaseId);
    },
    count: countAt,
    isEmpty: (nowMs) => countAt(nowMs) === 0,
  };
}

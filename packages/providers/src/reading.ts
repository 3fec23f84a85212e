import type { ProviderQuirks } from '@sluice/contract';

/** With what an answer is read: the time, for waits that are told as dates, and the vendor's own ways. */
export interface Reading {
  nowMs: number;
  quirks: ProviderQuirks;
}

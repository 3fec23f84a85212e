import type { EndStatus, Price, TokenCounts, UsageSource } from '@sluice/contract';

/** Something that adds up the cost of its jobs. */
export interface TotalScope {
  scope: 'batch' | 'conversation';
  scopeId: string;
}

/** What a finished job asks of its user's wallet. */
export interface Charge {
  jobId: string;
  userId: string;
  priceId: string;
  /** The version that was frozen at submit. */
  price: Price;
  tokens: TokenCounts;
  usageSource: UsageSource;
  outcome: EndStatus;
  /** False costs nothing, no fee either: the hold is released. */
  isBillable: boolean;
  isBatch: boolean;
  /** What the whole price is multiplied with, as the job has it: a decimal string with at most 4 places. */
  priceFactor: string;
  hold: string;
  totals: TotalScope[];
}

/** What a job has cost: decimal strings with 4 places. */
export interface Settlement {
  jobId: string;
  cost: string;
  collected: string;
  /** What became debt. */
  uncollected: string;
  /** What the hold had too much. */
  released: string;
}

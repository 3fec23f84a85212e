import type { ClaimedJob, Lane, LaneKey } from '@sluice/core';
import type { AdmissionLease } from '@sluice/limits';

/** One claimed attempt, with the key that it was given. */
export interface Attempt {
  job: ClaimedJob;
  lane: Lane;
  lease: AdmissionLease;
  /** Of the lease. */
  key: LaneKey;
}

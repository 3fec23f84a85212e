import type { Batcher } from '@sluice/platform';
import type {
  AttemptRef,
  Claim,
  ClaimedJob,
  FinishedAttempt,
  FinishResult,
  LaneChange,
  LaneChanged,
  OpenedOwnKeys,
  OwnKeyOwner,
  WaitingAttempt,
} from '@sluice/core';
import type { AdmissionLease } from '@sluice/limits';
import type { MessageTurns } from './message-turns.ts';
import type { Moderation } from './moderation.ts';
import type { WorkerParts } from './parts.ts';
import type { OutputChecker } from './output-check/output-checker.ts';
import type { RunningAttempts } from './running-attempts.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

/** What a running worker has besides its parts: its name, its plural writes, and what it runs. */
export interface WorkerState extends WorkerParts {
  workerId: string;
  running: RunningAttempts;
  outputChecker: OutputChecker;
  metrics: WorkerMetrics;
  /** Null when questions are not judged. */
  moderation: Moderation | null;
  look: Batcher<AttemptRef, WaitingAttempt | null>;
  claim: Batcher<Claim, ClaimedJob | null>;
  finish: Batcher<FinishedAttempt, FinishResult | null>;
  leave: Batcher<LaneChange, LaneChanged | null>;
  openOwnKeys: Batcher<OwnKeyOwner, OpenedOwnKeys>;
  /** Takes ended jobs that others may wait for. */
  twins: Batcher<string, void>;
  turns: MessageTurns;
  /** Room taken with providers, to be renewed while it is used. */
  leases: Set<AdmissionLease>;
}

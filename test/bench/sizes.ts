/** How much is measured. Quick is for trying something out; only the full run's figures are worth quoting. */
export interface Sizes {
  rounds: number;
  connections: number[];
  loadWarmUpMs: number;
  loadMs: number;
  streams: number[];
  streamsWarmUpMs: number;
  streamsMs: number;
  /** At 50 a second. */
  answerTokens: number;
  idleStreams: number;
  idleSettleMs: number;
  jobsToSettle: number;
}

export const fullSizes: Sizes = {
  rounds: 3,
  connections: [64, 256],
  loadWarmUpMs: 2_000,
  loadMs: 8_000,
  streams: [200, 500],
  streamsWarmUpMs: 6_000,
  streamsMs: 12_000,
  answerTokens: 250,
  idleStreams: 1_000,
  idleSettleMs: 4_000,
  jobsToSettle: 20_000,
};

export const quickSizes: Sizes = {
  rounds: 1,
  connections: [64, 256],
  loadWarmUpMs: 1_000,
  loadMs: 3_000,
  streams: [200, 500],
  streamsWarmUpMs: 3_000,
  streamsMs: 5_000,
  answerTokens: 100,
  idleStreams: 1_000,
  idleSettleMs: 2_000,
  jobsToSettle: 3_000,
};

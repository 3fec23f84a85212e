export * from './invariants.ts';
export * from './recompute-cost.ts';
export * from './run-audit.ts';

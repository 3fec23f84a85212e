export * from './audit-log/index.ts';
export * from './database/index.ts';
export * from './idempotency/index.ts';
export * from './providers/index.ts';
export * from './users/index.ts';
export * from './jobs/index.ts';

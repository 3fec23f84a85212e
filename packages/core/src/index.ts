export * from './database/index.ts';
export * from './idempotency/index.ts';
export * from './users/index.ts';

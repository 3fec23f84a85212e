export * from './once-by-key.ts';
export * from './request-hash.ts';

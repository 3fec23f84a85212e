export * from './cache-result.ts';
export { planCache, type CacheSettings, type CacheTerms } from './plan-cache.ts';
export * from './resolve-twins.ts';

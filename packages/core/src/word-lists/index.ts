export * from './create-word-list.ts';
export * from './list-word-lists.ts';
export * from './start-word-rules.ts';
export type * from './text-filter.ts';
export * from './text-rules.ts';
export * from './update-word-list.ts';
export { getWordList } from './word-list-row.ts';
export * from './word-rules.ts';

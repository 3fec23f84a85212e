export * from './complete-file.ts';
export * from './delete-file.ts';
export * from './get-file.ts';
export * from './list-files.ts';
export * from './present-file.ts';
export * from './reserve-file.ts';
export type { StoredFile } from './stored-file.ts';
export * from './remove-files.ts';

export * from './content-store.ts';
export * from './open-content.ts';
export * from './read-lines.ts';

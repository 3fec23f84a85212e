export * from './list-actions.ts';
export * from './record-action.ts';

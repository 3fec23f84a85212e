export * from './database.ts';
export * from './sql.ts';
export * from './transaction.ts';

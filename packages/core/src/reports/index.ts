export * from './export-orders.ts';
export * from './export-usage.ts';
export * from './report-usage.ts';
export * from './usage-window.ts';

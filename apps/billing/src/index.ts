export { composeBilling } from './compose.ts';
export { startBilling } from './start-billing.ts';

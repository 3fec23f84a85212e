export * from './chat-call.ts';
export * from './chat-client.ts';
export * from './estimate-tokens.ts';
export type { ModelListCall, VendorModel } from './list-models.ts';
export * from './provider-failure.ts';
export type { SimDirective } from './simulator/sim-directive.ts';
export type { SimFaults } from './simulator/sim-faults.ts';
export type { SimCall, SimLedger } from './simulator/sim-ledger.ts';
export { startSimulator, type Simulator } from './simulator/start-simulator.ts';

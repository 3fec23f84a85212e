export { composeWorker } from './compose.ts';
export type { WorkerParts } from './parts.ts';
export { startWorker } from './start-worker.ts';
export { decideKeyTreatment } from './key-treatment.ts';

export type { ApiParts } from './api-parts.ts';
export { createApp } from './app.ts';
export { composeApi } from './compose.ts';
export { createDrain, type Drain } from './http/drain.ts';
export { createRegistry } from './http/metrics.ts';
export { startServer, type RunningServer } from './http/server.ts';
export { mountsOf, type Mount } from './mounts.ts';
export type { ReadyCheck } from './routes/health.ts';
export { startApi, type ApiStores } from './start-api.ts';

import type { AuthenticateParts } from './auth/authenticate.ts';
import type { JobParts } from './jobs/parts.ts';
import type { AuthRoutesParts } from './routes/auth.ts';
import type { HealthRoutesParts } from './routes/health.ts';

/** Everything that some route needs; each names only what it uses itself. */
export type ApiParts = AuthenticateParts & AuthRoutesParts & HealthRoutesParts & JobParts;

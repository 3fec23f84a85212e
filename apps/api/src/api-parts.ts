import type { AuthenticateParts } from './auth/authenticate.ts';
import type { FileParts } from './files/accept-upload.ts';
import type { JobParts } from './jobs/parts.ts';
import type { AdminProviderRoutesParts } from './routes/admin-providers.ts';
import type { AuthRoutesParts } from './routes/auth.ts';
import type { HealthRoutesParts } from './routes/health.ts';
import type { LaneRoutesParts } from './routes/lanes.ts';

/** Everything that some route needs; each names only what it uses itself. */
export type ApiParts = AdminProviderRoutesParts &
  FileParts &
  LaneRoutesParts &
  AuthenticateParts &
  AuthRoutesParts &
  HealthRoutesParts &
  JobParts;

import { z } from 'zod';

/** What a credential may do: an area of the API and whether it may change anything there. `admin` needs the role as well. */
export const Scope = z.enum(['jobs:read', 'jobs:write', 'account:read', 'account:write', 'admin:read', 'admin:write']);
export type Scope = z.infer<typeof Scope>;

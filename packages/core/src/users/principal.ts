import type { Role, Scope } from '@sluice/contract';

/** Who calls, and what this credential of theirs may do. */
export interface Principal {
  userId: string;
  role: Role;
  /** Null for a signed-in person. */
  apiKeyId: string | null;
  scopes: readonly Scope[];
  /** Null: not limited. */
  requestsPerMinute: number | null;
}

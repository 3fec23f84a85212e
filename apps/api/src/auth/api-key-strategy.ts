import type { Principal } from '@sluice/core';
import type { Strategy } from 'passport';
import { bearerTokenOf } from './bearer-token.ts';

/** The passport strategy for API keys: `Authorization: Bearer sk-...`. */
export function apiKeyStrategy(find: (secret: string) => Promise<Principal | null>): Strategy {
  return {
    name: 'api-key',
    authenticate(req) {
      const secret = bearerTokenOf(req);
      if (secret === null) return this.fail(401);
      find(secret).then(
        (principal) => (principal ? this.success(principal) : this.fail(401)),
        (error: unknown) => this.error(error),
      );
    },
  };
}

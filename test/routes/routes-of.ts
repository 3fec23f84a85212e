import type { Mount } from '@sluice/api';
import type { Router } from 'express';

export interface Route {
  method: string;
  /** As OpenAPI writes it: `/v1/jobs/{id}`. */
  pattern: string;
  access: Mount['access'];
  /** Its errors are in OpenAI's words. */
  isOpenAi: boolean;
}

/** Every route that Express has, found in its routers and not in a list that somebody keeps. */
export function routesOf(mounts: Mount[]): Route[] {
  return mounts.flatMap(({ path, access, dialect, router }) =>
    handlersOf(router).map(({ method, route }) => ({
      method,
      access,
      isOpenAi: dialect === 'openai',
      pattern: `${path}${route === '/' ? '' : route}`.replaceAll(
        /:(\w+)/g,
        (_, name: string) => `{${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}}`,
      ),
    })),
  );
}

function handlersOf(router: Router): { method: string; route: string }[] {
  return router.stack.flatMap(({ route, handle }) => {
    if (route) return methodsOf(route).map((method) => ({ method, route: route.path }));
    return isRouter(handle) ? handlersOf(handle) : [];
  });
}

function methodsOf(route: object): string[] {
  return 'methods' in route && typeof route.methods === 'object' && route.methods !== null ? Object.keys(route.methods) : [];
}

function isRouter(handle: object): handle is Router {
  return 'stack' in handle && Array.isArray(handle.stack);
}

import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import type { ApiParts } from './api-parts.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { accessLog } from './http/access-log.ts';
import { guardOf } from './http/access.ts';
import { errorHandler, unknownRoute } from './http/errors.ts';
import { readJson } from './http/json-body.ts';
import { measureRequests } from './http/metrics.ts';
import { refuseNul } from './http/refuse-nul.ts';
import { securityHeaders } from './http/security-headers.ts';
import { speakOpenAi } from './http/speak-openai.ts';
import { mountsOf } from './mounts.ts';
import { renderOpenApi } from './openapi.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthPaths, healthRoutes } from './routes/health.ts';

const bodyBytesMax = 64 * 1024;

/** What a page of another origin may read of an answer. */
const exposedHeaders = ['location', 'etag', 'retry-after', 'retry-after-ms', 'x-job-id', 'x-request-id', 'x-should-retry'];

/**
 * The HTTP surface. A caller is known, counted and let in before their body is read, so that a stranger costs next to nothing.
 */
export function createApp(parts: ApiParts): Express {
  const { log, registry, settings } = parts;
  const app = express();
  app.disable('x-powered-by');
  // A proxy in front says who calls; from anywhere else that header is not believed.
  app.set('trust proxy', ['loopback', 'uniquelocal']);
  app.use(
    accessLog(log),
    measureRequests(registry),
    securityHeaders(),
    // Nobody pays for pages of other origins where none may call.
    ...(settings.CORS_ORIGINS.length > 0 ? [cors({ origin: settings.CORS_ORIGINS, exposedHeaders, maxAge: 600 })] : []),
    refuseNul,
  );
  app.use(healthRoutes(parts));
  mountAll(app, parts);
  app.use(unknownRoute, errorHandler(log));
  return app;
}

function mountAll(app: Express, parts: ApiParts): void {
  const mounts = mountsOf(parts);
  let openApiJson: string | null = null;
  app.use(docsRoutes(() => (openApiJson ??= renderOpenApi([...mounts.map(({ paths }) => paths), healthPaths]))));
  const authenticate = createAuthenticate(parts);
  for (const { path, access, router, dialect, bodyBytesMax: bytesMax = bodyBytesMax } of mounts) {
    if (dialect === 'openai') app.use(path, speakOpenAi);
    app.use(path, namesMount(path), guardOf(access, { ...parts, authenticate }), bytesMax === null ? [] : readJson(bytesMax), router);
  }
}

/** For the figures by route: a router knows its own patterns, not where it is mounted. */
function namesMount(path: string): RequestHandler {
  return (_req, res, next) => {
    res.locals['mount'] = path;
    next();
  };
}

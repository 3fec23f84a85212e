import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import type { ApiParts } from './api-parts.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { accessLog } from './http/access-log.ts';
import { guardOf, type Guard } from './http/access.ts';
import { errorHandler, unknownRoute } from './http/errors.ts';
import { createBodyReader } from './http/json-body.ts';
import { measureRequests } from './http/metrics.ts';
import { refuseNul } from './http/refuse-nul.ts';
import { setSecurityHeaders } from './http/security-headers.ts';
import { speakOpenAi } from './http/speak-openai.ts';
import { mountsOf, type Mount } from './mounts.ts';
import { renderOpenApi } from './openapi.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthPaths, healthRoutes } from './routes/health.ts';

const bodyBytesMax = 64 * 1024;

/** What a page of another origin may read of an answer. */
const exposedHeaders = [
  'location',
  'etag',
  'retry-after',
  'retry-after-ms',
  'x-job-id',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-request-id',
  'x-should-retry',
  'x-sluice-cache',
];

/**
 * The HTTP surface. A caller is known, counted and let in before their body is read, so that a stranger costs next to nothing.
 */
export function createApp(parts: ApiParts): Express {
  const { log, settings } = parts;
  const app = express();
  app.disable('x-powered-by');
  // A proxy in front says who calls; from anywhere else that header is not believed.
  app.set('trust proxy', ['loopback', 'uniquelocal']);
  app.use(greet(parts));
  // Nobody pays for pages of other origins where none may call.
  if (settings.CORS_ORIGINS.length > 0) app.use(cors({ origin: settings.CORS_ORIGINS, exposedHeaders, maxAge: 600 }));
  app.use(refuseNul);
  mountAll(app, parts);
  app.use(healthRoutes(parts));
  app.use(unknownRoute, errorHandler(log));
  return app;
}

function mountAll(app: Express, parts: ApiParts): void {
  const mounts = mountsOf(parts);
  let openApiJson: string | null = null;
  const authenticate = createAuthenticate(parts);
  for (const mount of mounts) app.use(mount.path, serve(mount, guardOf(mount.access, { ...parts, authenticate })));
  // Behind them: every request would pass through what few ask for.
  app.use(docsRoutes(() => (openApiJson ??= renderOpenApi([...mounts.map(({ paths }) => paths), healthPaths]))));
}

/** What every request gets, in one step: each layer of Express costs more than most of these. */
function greet({ log, registry }: ApiParts): RequestHandler {
  const logRequest = accessLog(log);
  const measure = measureRequests(registry);
  return (req, res, next) => {
    logRequest(req, res);
    measure(req, res);
    setSecurityHeaders(res);
    next();
  };
}

/** Lets a caller in, reads the body, and hands over to the routes of a mount. */
function serve({ path, router, dialect, bodyBytesMax: bytesMax = bodyBytesMax }: Mount, guard: Guard): RequestHandler {
  const readBody = bytesMax === null ? null : createBodyReader(bytesMax);
  return async (req, res, next) => {
    // For the figures by route: a router knows its own patterns, not where it is mounted.
    res.locals['mount'] = path;
    if (dialect === 'openai') speakOpenAi(req, res);
    await guard(req, res);
    if (readBody) req.body = await readBody(req, res);
    router(req, res, next);
  };
}

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Router } from 'express';

/** Everything the page loads comes from here: it works without internet, and tells nobody that it was opened. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sluice API</title>
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/scalar.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Every service of the vendor's that the viewer would call is off: proxy, fonts, assistant, telemetry, hosted client. */
const start = `Scalar.createApiReference('#reference', ${JSON.stringify({
  url: '/openapi.json',
  proxyUrl: '',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  externalUrls: { dashboardUrl: '', registryUrl: '', proxyUrl: '', apiBaseUrl: '' },
})});
`;

/** The one file beside the package's entry that holds all it needs; the package does not export it by name. */
const viewer = join(dirname(createRequire(import.meta.url).resolve('@scalar/api-reference')), 'browser/standalone.js');

/** The reference of the API for people, and for programs as OpenAPI 3.1. */
export function docsRoutes(openApiJson: () => string): Router {
  const router = Router();
  router.get('/openapi.json', (_req, res) => void res.type('json').send(openApiJson()));
  router.get('/docs', (_req, res) => void res.type('html').send(page));
  router.get('/docs/start.js', (_req, res) => void res.type('js').send(start));
  router.get('/docs/scalar.js', (_req, res) => res.sendFile(viewer, { maxAge: '1h', dotfiles: 'allow' }));
  return router;
}

import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';

/** The OpenAPI 3.1 document of these paths, as JSON. */
export function renderOpenApi(paths: ZodOpenApiPathsObject[]): string {
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      description:
        'Every LLM request is a durable job: submit it, then poll, wait or stream. Send an API key or an access token as `Authorization: Bearer ...`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key (`sk-...`) or an access token' } },
    },
    paths: Object.assign({}, ...paths),
  });
  return JSON.stringify(document);
}

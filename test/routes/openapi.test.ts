import type { Scope } from '@sluice/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { routesOf, type Route } from './routes-of.ts';
import { startTestApi, type TestApi } from './test-api.ts';

type Documented = Record<string, { security?: unknown[]; responses: object }>;

let api: TestApi;
let routes: Route[];
let paths: Record<string, Documented>;

beforeAll(async () => {
  api = await startTestApi();
  routes = routesOf(api.mounts);
  paths = (await api.anonymous.get('/openapi.json')).body['paths'] as typeof paths;
});
afterAll(() => api?.close());

const nameOf = ({ method, pattern }: Pick<Route, 'method' | 'pattern'>): string => `${method.toUpperCase()} ${pattern}`;
const call = (caller: Caller, { method, pattern }: Route) =>
  caller.send(method.toUpperCase(), pattern.replaceAll(/\{\w+\}/g, 'missing'), method === 'get' ? undefined : {});

test('there is a document of OpenAPI 3.1 that names its parts', async () => {
  const { status, body } = await api.anonymous.get('/openapi.json');
  expect([status, String(body['openapi']).slice(0, 3)]).toEqual([200, '3.1']);
  const schemas = (body['components'] as { schemas: object }).schemas;
  expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['Error', 'Job', 'SubmitJob', 'User', 'Wallet']));
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  for (const name of new Set(references)) expect(schemas).toHaveProperty([String(name)]);
});

test('every route is documented, and nothing else is', () => {
  const documented = Object.entries(paths).flatMap(([pattern, operations]) =>
    Object.keys(operations).map((method) => nameOf({ method, pattern })),
  );
  const operation = ['GET /livez', 'GET /readyz', 'GET /metrics'];
  expect(documented.toSorted()).toEqual([...routes.map(nameOf), ...operation].toSorted());
});

test('every route that is not public refuses a stranger, and says so in the document', async () => {
  expect(routes.length).toBeGreaterThan(20);
  for (const route of routes) {
    const isPublic = route.access === 'public';
    expect([nameOf(route), paths[route.pattern]?.[route.method]?.security]).toEqual([nameOf(route), isPublic ? [] : undefined]);
    if (isPublic) continue;
    const { status, body } = await call(api.anonymous, route);
    expect([nameOf(route), status, body.error?.code]).toEqual([nameOf(route), 401, route.isOpenAi ? null : 'unauthenticated']);
  }
});

test('no route for administrators lets a user in', async () => {
  const { caller } = await api.user('user@example.com');
  for (const route of routes.filter(({ access }) => access === 'admin')) {
    const { status, body } = await call(caller, route);
    expect([nameOf(route), status, body.error?.code]).toEqual([nameOf(route), 403, 'forbidden']);
  }
});

test('no route lets in a key without the scope for its area, and to read is not to write', async () => {
  const keyWith = async (scopes: Scope[]) => api.as((await api.admin.post('/v1/api-keys', { name: 'narrow', scopes })).body.secret);
  for (const area of ['jobs', 'account', 'admin'] as const) {
    const others: Scope[] = (['jobs', 'account', 'admin'] as const)
      .filter((other) => other !== area)
      .flatMap((other): Scope[] => [`${other}:read`, `${other}:write`]);
    const [without, reader] = [await keyWith(others), await keyWith([`${area}:read`])];
    for (const route of routes.filter(({ access }) => access === area)) {
      const answers = [await call(without, route), ...(route.method === 'get' ? [] : [await call(reader, route)])];
      for (const { status, body } of answers) {
        expect([nameOf(route), status, body.error?.code]).toEqual([
          nameOf(route),
          403,
          route.isOpenAi ? 'insufficient_permissions' : 'forbidden',
        ]);
      }
    }
  }
});

test('the docs page loads only what this server has, under a policy that allows nothing else', async () => {
  const { status, text, headers } = await api.anonymous.get('/docs');
  expect(status).toBe(200);
  const loaded = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => String(path));
  expect(loaded).toEqual(['/docs/scalar.js', '/docs/start.js']);
  for (const path of loaded) {
    const script = await api.anonymous.get(path);
    expect([script.status, script.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/javascript/)]);
  }
  const { text: start } = await api.anonymous.get('/docs/start.js');
  expect(start).toContain('"/openapi.json"');
  expect(text + start).not.toMatch(/https?:/);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/https?:|unsafe-eval|upgrade-insecure-requests/);
});

test('it says whether it is alive, ready, and what it measured', async () => {
  expect((await api.anonymous.get('/livez')).body).toEqual({ status: 'alive', stuck: [] });
  expect((await api.anonymous.get('/readyz')).body).toEqual({ status: 'ready', failing: [] });
  await api.admin.get('/v1/admin/users/missing-one');
  const { status, text } = await api.anonymous.get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(text).toMatch(/sluice_http_request_duration_seconds_count\{method="GET",route="\/v1\/admin\/users\/:id",status="404"\} [1-9]/);
  expect(text).not.toContain('missing-one');
  expect((await api.anonymous.get('/metrics', { headers: { 'x-forwarded-for': '203.0.113.7' } })).status).toBe(404);
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, testPassword, type TestApi } from './test-api.ts';

const issuer = 'https://login.example.com/';
const audience = 'sluice';
const nowS = Math.floor(Date.now() / 1000);

let api: TestApi;
let jwks: Server;
let jwksUrl: string;
/** What the issuer answers; null hangs up. */
let published: string | null;
let key: CryptoKey;
let publicJwk: JWK;
let publicPem: string;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  key = pair.privateKey;
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  publicPem = await exportSPKI(pair.publicKey);
  published = JSON.stringify({ keys: [publicJwk] });
  jwks = createServer((_req, res) => (published === null ? res.destroy() : res.end(published))).listen(0, '127.0.0.1');
  await once(jwks, 'listening');
  jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks.json`;
  api = await startTestApi({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl });
});

afterAll(async () => {
  await api?.close();
  jwks?.close();
});

interface Token {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  signWith?: CryptoKey | Uint8Array;
}

function sign({ claims = {}, header = {}, signWith = key }: Token = {}): Promise<string> {
  const payload = { sub: 'person-1', iss: issuer, aud: audience, iat: nowS, exp: nowS + 600, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(signWith);
}

const me = async (token: string) => api.as(token).get('/v1/me');

test("a first-seen subject of the product's own tokens is a user with a wallet, and never an administrator", async () => {
  const token = await sign({
    claims: { sub: 'new-person', email: 'New.Person@example.com', role: 'admin', scopes: ['admin:write'], admin: true },
  });
  const first = await me(token);
  expect(first.body).toMatchObject({
    user: { external_id: 'new-person', email: 'new.person@example.com', role: 'user' },
    wallet: { balance: '0.0000' },
  });
  expect((await api.as(token).get('/v1/admin/users')).body.error.code).toBe('forbidden');
  const again = await me(await sign({ claims: { sub: 'new-person', jti: 'another token' } }));
  expect(again.body['user']).toEqual(first.body['user']);
});

test('a subject that the product synced before is that user, and a disabled one is out', async () => {
  const { body } = await api.admin.post('/v1/admin/users/sync', {
    users: [{ external_id: 'synced' }, { external_id: 'gone', disabled: true }],
  });
  expect((await me(await sign({ claims: { sub: 'synced' } }))).body['user']).toEqual(body.data[0]?.['user']);
  expect((await me(await sign({ claims: { sub: 'gone' } }))).status).toBe(401);
});

test('an e-mail address in a token never leads to the account of another user', async () => {
  const { body } = await me(await sign({ claims: { sub: 'somebody', email: 'admin@example.com' } }));
  expect(body['user']).toMatchObject({ email: null, external_id: 'somebody', role: 'user' });
});

test('the other credentials go on beside it', async () => {
  const { body: session } = await api.anonymous.post('/v1/auth/login', { email: 'admin@example.com', password: testPassword });
  expect((await me(session.access_token)).status).toBe(200);
  expect((await api.admin.get('/v1/me')).status).toBe(200);
});

test('a clock that is a minute off is forgiven, no more', async () => {
  expect((await me(await sign({ claims: { exp: nowS - 30 } }))).status).toBe(200);
  expect((await me(await sign({ claims: { exp: nowS - 61 } }))).status).toBe(401);
  expect((await me(await sign({ claims: { nbf: nowS + 3600 } }))).status).toBe(401);
});

test('a forged or unfit token is refused', async () => {
  const stranger = await generateKeyPair('RS256', { extractable: true });
  const strangerJwk = { ...(await exportJWK(stranger.publicKey)), kid: 'one', alg: 'RS256' };
  const byStranger = (header: Record<string, unknown>) => sign({ signWith: stranger.privateKey, header });
  const unfit = {
    'HS256 with the public key as its secret': await sign({ signWith: Buffer.from(publicPem), header: { alg: 'HS256' } }),
    'another key under the known kid': await byStranger({}),
    'an unknown kid': await byStranger({ kid: 'two' }),
    'a kid that is a path': await byStranger({ kid: '../../etc/passwd' }),
    'a kid that is SQL': await byStranger({ kid: "one' or '1'='1" }),
    'a key in the header': await byStranger({ jwk: strangerJwk }),
    'a key set named in the header': await byStranger({ jku: `${jwksUrl}?evil`, x5u: jwksUrl }),
    'an algorithm the key is not for': await sign({ signWith: (await generateKeyPair('ES256')).privateKey, header: { alg: 'ES256' } }),
    'an extension it must understand': (await sign()).replace(
      /^[^.]+/,
      Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'one', crit: ['b64'], b64: true })).toString('base64url'),
    ),
    'another issuer': await sign({ claims: { iss: 'https://login.example.com' } }),
    'another audience': await sign({ claims: { aud: 'another' } }),
    'no audience': await sign({ claims: { aud: undefined } }),
    'no subject': await sign({ claims: { sub: undefined } }),
    'an empty subject': await sign({ claims: { sub: '' } }),
    'a subject that cannot be stored': await sign({ claims: { sub: 'a\u0000b' } }),
    'no expiry': await sign({ claims: { exp: undefined } }),
    unsigned: `${(await sign()).split('.').slice(0, 2).join('.')}.`,
  };
  for (const [name, token] of Object.entries(unfit)) expect([name, (await me(token)).status]).toEqual([name, 401]);
});

test.each([
  ['cannot be reached', null],
  ['answers no keys', '{"hello":"world"}'],
  ['answers 2 MB', ' '.repeat(2_000_000)],
])('an issuer that %s is a 503, not a 401', async (_name, answer) => {
  const good = published;
  published = answer;
  const other = await startTestApi({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl });
  const refused = await other.as(await sign()).get('/v1/me');
  expect([refused.status, refused.body.error.code]).toEqual([503, 'unavailable']);
  expect((await other.admin.get('/v1/me')).status).toBe(200);
  published = good;
  expect((await other.as(await sign()).get('/v1/me')).status).toBe(200);
  await other.close();
});

test('half a configuration stops the start', async () => {
  await expect(startTestApi({ JWT_ISSUER: issuer })).rejects.toThrow(/JWT_AUDIENCE/);
});

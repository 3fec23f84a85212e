import { createHmac } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// The same derivation as the API's: a forger who had even this key must still meet the other checks.
import { deriveTokenKey } from '../../apps/api/src/auth/access-token.ts';
import { startTestApi, testPassword, testSecretKey, type TestApi } from './test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.close());

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function signIn(email: string) {
  await api.user(email);
  const { body } = await api.anonymous.post('/v1/auth/login', { email, password: testPassword });
  return body;
}

const refresh = (token: string) => api.anonymous.post('/v1/auth/refresh', { refresh_token: token });

describe('signing in', () => {
  test('gives an access token that works and a refresh token that gives the next ones', async () => {
    const session = await signIn('ada@example.com');
    expect(session).toMatchObject({
      object: 'session',
      token_type: 'Bearer',
      expires_in: 900,
      user: { email: 'ada@example.com', role: 'user' },
    });
    expect((await api.as(session.access_token).get('/v1/me')).body).toMatchObject({
      user: { email: 'ada@example.com' },
      wallet: { balance: '0.0000' },
    });
    const { status, body: next } = await refresh(session.refresh_token);
    expect(status).toBe(200);
    expect((await api.as(next.access_token).get('/v1/me')).status).toBe(200);
  });

  test('does not tell an unknown address from a wrong password', async () => {
    await api.user('known@example.com');
    const wrong = await api.anonymous.post('/v1/auth/login', { email: 'known@example.com', password: 'not this one' });
    const unknown = await api.anonymous.post('/v1/auth/login', { email: 'unknown@example.com', password: testPassword });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect({ ...unknown.body, request_id: '' }).toEqual({ ...wrong.body, request_id: '' });
  });

  test('is refused for a while after many tries', async () => {
    const guess = () => api.anonymous.post('/v1/auth/login', { email: 'guessed@example.com', password: 'guess' });
    const answers = await Promise.all(Array.from({ length: 11 }, guess));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.body.error.code).toBe('rate_limited');
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get('retry-after-ms'))).toBeGreaterThan(0);
  });

  test('makes nobody a user while registration is closed', async () => {
    const { status, body } = await api.anonymous.post('/v1/auth/register', { email: 'new@example.com', password: testPassword });
    expect([status, body.error.code]).toEqual([403, 'forbidden']);
  });
});

describe('registration, when it is open', () => {
  test('makes a plain user once for each address, whatever case it is written in', async () => {
    const open = await startTestApi({ REGISTRATION: 'open' });
    const register = (body: object) => open.anonymous.post('/v1/auth/register', body);
    const { status, body } = await register({ email: 'New@Example.com', password: testPassword });
    expect([status, body['user']]).toMatchObject([201, { email: 'new@example.com', role: 'user' }]);
    expect((await open.as(body.access_token).get('/v1/me')).body['wallet']).toMatchObject({ balance: '0.0000', available: '0.0000' });
    expect((await register({ email: 'new@example.COM', password: testPassword })).body.error.code).toBe('conflict');
    expect((await register({ email: 'x@example.com', password: testPassword, role: 'admin' })).body.errors).toEqual([
      { path: 'role', message: 'is not a known field' },
    ]);
    expect((await register({ email: 'x@example.com', password: 'short' })).body.error.param).toBe('password');
    await open.close();
  });
});

describe('a refresh token', () => {
  test('that comes twice within 10 s serves both tabs; later it ends the whole family within 10 s', async () => {
    const first = await signIn('tabs@example.com');
    const [one, two] = await Promise.all([refresh(first.refresh_token), refresh(first.refresh_token)]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect((await api.as(one.body.access_token).get('/v1/me')).status).toBe(200);
    api.clock.forward(10_001);
    expect((await refresh(first.refresh_token)).body.error.code).toBe('unauthenticated');
    expect((await refresh(one.body.refresh_token)).status).toBe(401);
    expect((await refresh(two.body.refresh_token)).status).toBe(401);
    api.clock.forward(10_000);
    expect((await api.as(one.body.access_token).get('/v1/me')).status).toBe(401);
  });

  test('is not an access token, and an access token is not one', async () => {
    const session = await signIn('mixed@example.com');
    expect((await api.as(session.refresh_token).get('/v1/me')).status).toBe(401);
    expect((await refresh(session.access_token)).status).toBe(401);
    expect((await refresh("' or 1=1 --")).status).toBe(401);
  });

  test('ends with a log-out, and the access token within 10 s', async () => {
    const session = await signIn('leaver@example.com');
    expect((await api.as(session.access_token).get('/v1/me')).status).toBe(200);
    expect((await api.anonymous.post('/v1/auth/logout', { refresh_token: session.refresh_token })).status).toBe(204);
    expect((await api.anonymous.post('/v1/auth/logout', { refresh_token: 'unknown' })).status).toBe(204);
    expect((await refresh(session.refresh_token)).status).toBe(401);
    api.clock.forward(10_000);
    expect((await api.as(session.access_token).get('/v1/me')).status).toBe(401);
  });
});

describe('what takes effect within 10 s', () => {
  test('a disabled user, for tokens and for keys', async () => {
    const { id, caller } = await api.user('disabled@example.com');
    const session = (await api.anonymous.post('/v1/auth/login', { email: 'disabled@example.com', password: testPassword })).body;
    const calls = () => Promise.all([caller.get('/v1/me'), api.as(session.access_token).get('/v1/me')]);
    expect((await calls()).map(({ status }) => status)).toEqual([200, 200]);
    expect((await api.admin.patch(`/v1/admin/users/${id}`, { disabled: true })).status).toBe(200);
    api.clock.forward(10_000);
    expect((await calls()).map(({ status }) => status)).toEqual([401, 401]);
    expect((await refresh(session.refresh_token)).status).toBe(401);
  });

  test('a revoked key', async () => {
    const { caller } = await api.user('revoked@example.com');
    const { body: list } = await caller.get('/v1/api-keys');
    expect((await caller.delete(`/v1/api-keys/${list.data[0]?.id}`)).status).toBe(200);
    api.clock.forward(10_000);
    expect((await caller.get('/v1/me')).status).toBe(401);
  });

  test('a role taken away', async () => {
    const { body: made } = await api.admin.post('/v1/admin/users', { email: 'demoted@example.com', password: testPassword, role: 'admin' });
    const { body: session } = await api.anonymous.post('/v1/auth/login', { email: 'demoted@example.com', password: testPassword });
    expect((await api.as(session.access_token).get('/v1/admin/users')).status).toBe(200);
    await api.admin.patch(`/v1/admin/users/${made.id}`, { role: 'user' });
    api.clock.forward(10_000);
    expect((await api.as(session.access_token).get('/v1/admin/users')).body.error.code).toBe('forbidden');
  });
});

describe('a forged or broken token', () => {
  const key = deriveTokenKey(testSecretKey);
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;

  async function forgeries(): Promise<Record<string, string>> {
    const { access_token: good } = await signIn('forged@example.com');
    const [header = '', payload = '', signature = ''] = good.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string>;
    const sign = (changed: object, secret: Parameters<SignJWT['sign']>[0] = key, alg = 'HS256') =>
      new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg, typ: 'JWT' }).sign(secret);
    const unsigned = (alg: string) => `${base64url({ alg, typ: 'JWT' })}.${payload}.`;
    const hmac = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
    expect((await api.as(await sign({})).get('/v1/me')).status).toBe(200);
    return {
      'alg none': new UnsecuredJWT(claims).encode(),
      'alg None': unsigned('None'),
      'alg nOnE, with the signature of the real one': `${base64url({ alg: 'nOnE' })}.${payload}.${signature}`,
      'alg HS512 with the right key': await sign({}, deriveTokenKeyOf64Bytes(), 'HS512'),
      'HS256 with another key': await sign({}, deriveTokenKey('another secret key, also of some length')),
      'HS256 with the secret key itself': await sign({}, Buffer.from(testSecretKey)),
      'another audience': await sign({ aud: 'another' }),
      'no audience': await sign({ aud: undefined }),
      'another issuer': await sign({ iss: 'https://evil.example' }),
      expired: await sign({ exp: Math.floor(Date.now() / 1000) - 1 }),
      'no expiry': await sign({ exp: undefined }),
      'not yet valid': await sign({ nbf: inAnHour }),
      'another user in the same session': await sign({ sub: 'usr_00000000000000000000000000' }),
      'no session': await sign({ sid: undefined }),
      'an unknown session': await sign({ sid: '00000000-0000-4000-8000-000000000000' }),
      'a tampered payload': `${header}.${base64url({ ...claims, sub: 'usr_x' })}.${signature}`,
      'a stripped signature': `${header}.${payload}.`,
      'two parts': `${header}.${payload}`,
      'four parts': `${good}.${signature}`,
      'a header that is no JSON': `${Buffer.from('{"alg":').toString('base64url')}.${payload}.${hmac('x')}`,
      'a payload that is no JSON': `${header}.aGVsbG8.${hmac(`${header}.aGVsbG8`)}`,
      'a key id that is a path': `${base64url({ alg: 'HS256', kid: '../../dev/null' })}.${payload}.${signature}`,
      dots: '...',
      'a huge one': `${header}.${'A'.repeat(9000)}.${signature}`,
      'SQL in a key': "sk-'or'1'='1",
      'an empty key': 'sk-',
    };
  }

  function deriveTokenKeyOf64Bytes(): Uint8Array {
    return Buffer.concat([key.export(), key.export()]);
  }

  test('is answered with one and the same 401', async () => {
    const bodies = new Set<string>();
    for (const [name, token] of Object.entries(await forgeries())) {
      const { status, headers, body } = await api.as(token).get('/v1/me');
      expect([name, status, body.error?.code]).toEqual([name, 401, 'unauthenticated']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      bodies.add(body.error.message);
    }
    expect([...bodies].filter((message) => !message.startsWith('Send an API key'))).toHaveLength(1);
  });

  test('counts nowhere but in the Authorization header', async () => {
    const { access_token: token } = await signIn('query@example.com');
    const paths = [`/v1/me?access_token=${token}`, `/v1/me?token=${token}`, `/v1/me?api_key=${token}`, `/v1/jobs/job_1?ticket=${token}`];
    for (const path of paths) expect((await api.anonymous.get(path)).status).toBe(401);
    expect((await api.anonymous.post('/v1/api-keys', { access_token: token, name: 'x' })).status).toBe(401);
    for (const authorization of [token, `Basic ${token}`, `Bearer  ${token} x`, 'Bearer', '']) {
      expect((await api.anonymous.get('/v1/me', { headers: { authorization } })).status).toBe(401);
    }
    expect((await api.anonymous.get('/v1/me', { headers: { 'x-api-key': token, cookie: `token=${token}` } })).status).toBe(401);
  });
});

test('no key, token, password or address of a caller is in the log', async () => {
  const session = await signIn('canary@example.com');
  await refresh(session.refresh_token);
  await api.as(session.access_token).get(`/v1/me?ticket=canary-ticket`);
  const log = api.logged.join('\n');
  expect(log).toContain('/v1/auth/refresh');
  for (const secret of [session.access_token, session.refresh_token, testPassword, 'canary-ticket', 'canary@example.com'])
    expect(log).not.toContain(secret);
});

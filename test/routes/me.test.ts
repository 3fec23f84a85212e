import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, testPassword, type TestApi } from './test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.close());

test('says who the caller is and what they have, and nothing else', async () => {
  const { id, caller } = await api.user('ada@example.com');
  const { status, body } = await caller.get('/v1/me');
  expect(status).toBe(200);
  expect(body).toEqual({
    user: {
      id,
      object: 'user',
      email: 'ada@example.com',
      external_id: null,
      role: 'user',
      disabled: false,
      created_at: expect.any(String),
    },
    wallet: { object: 'wallet', balance: '0.0000', held: '0.0000', available: '0.0000', debt: '0.0000', open_jobs: 0 },
  });
});

test('a password is changed by whoever knows the old one, and every session ends', async () => {
  const { caller } = await api.user('bob@example.com');
  const logIn = (password: string) => api.anonymous.post('/v1/auth/login', { email: 'bob@example.com', password });
  const { body: session } = await logIn(testPassword);
  const change = (current: string) => caller.post('/v1/me/password', { current_password: current, new_password: 'a new password' });
  expect((await change('wrong')).body.error).toMatchObject({ code: 'forbidden', param: 'current_password' });
  expect((await change(testPassword)).status).toBe(204);
  expect([(await logIn(testPassword)).status, (await logIn('a new password')).status]).toEqual([401, 200]);
  expect((await api.anonymous.post('/v1/auth/refresh', { refresh_token: session.refresh_token })).status).toBe(401);
  api.clock.forward(10_000);
  expect((await api.as(session.access_token).get('/v1/me')).status).toBe(401);
  expect((await caller.get('/v1/me')).status).toBe(200);
});

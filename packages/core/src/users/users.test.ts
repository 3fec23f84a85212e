import { Scope } from '@sluice/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, one, sql, type Database } from '../database/index.ts';
import {
  changePassword,
  createApiKey,
  createUser,
  ensureAdmin,
  findPrincipalByApiKey,
  findPrincipalBySession,
  listUsers,
  logIn,
  provisionUser,
  refreshSession,
  register,
  revokeApiKey,
  syncUsers,
  updateUser,
  type Principal,
} from './index.ts';

const start = new Date('2026-11-20T12:00:00Z');
const after = (ms: number): Date => new Date(start.getTime() + ms);
const dayMs = 86_400_000;
const password = 'correct horse battery';

let store: TestDatabase;
let db: Database;
let adminId: string;
let admin: Principal;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 30 });
  ({ userId: adminId } = await ensureAdmin(db.em(), { email: 'Root@Example.com', password, apiKey: 'sk-root-root-root-root', now: start }));
  admin = { userId: adminId, role: 'admin', apiKeyId: null, scopes: Scope.options, requestsPerMinute: null };
});

afterAll(async () => {
  await db?.close();
  await store?.close();
});

let people = 0;
async function person(): Promise<{ email: string; userId: string }> {
  const email = `p${(people += 1)}@example.com`;
  const { user } = await register(db.em(), { email, password, now: start });
  return { email, userId: user.id };
}

const keyRequest = { name: 'k', scopes: ['jobs:read' as const], requests_per_minute: null, expires_at: null };

test('every user has a wallet, however they came to be', async () => {
  await person();
  await provisionUser(db.em(), { externalId: 'ext-wallet', now: start });
  await syncUsers(db.em(), { actorId: adminId, rows: [{ external_id: 'ext-wallet-2' }], now: start });
  const { left } = await one<{ left: number }>(
    db.em(),
    sql`select count(*)::int as left from users where id not in (select user_id from wallets)`,
  );
  expect(left).toBe(0);
});

test('the first administrator is made once, by ten starts at once, and keeps a changed password', async () => {
  const given = { email: 'first@example.com', password, apiKey: 'sk-first-first-first-first', now: start };
  const made = await Promise.all(Array.from({ length: 10 }, () => ensureAdmin(db.em(), given)));
  expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(new Set(made.map(({ userId }) => userId)).size).toBe(1);
  const userId = made[0]?.userId ?? '';
  await changePassword(db.em(), { userId, request: { current_password: password, new_password: 'another password' }, now: start });
  await ensureAdmin(db.em(), given);
  await expect(logIn(db.em(), { email: given.email, password: 'another password', now: start })).resolves.toMatchObject({
    user: { id: userId, role: 'admin' },
  });
  expect(await findPrincipalByApiKey(db.em(), { secret: given.apiKey, now: start })).toMatchObject({
    userId,
    role: 'admin',
    scopes: Scope.options,
  });
});

test('a revoked key of the first administrator stays revoked at the next start', async () => {
  const { apiKeyId } = (await findPrincipalByApiKey(db.em(), { secret: 'sk-root-root-root-root', now: start })) ?? {};
  await revokeApiKey(db.em(), { id: apiKeyId ?? '', userId: adminId, now: start });
  await ensureAdmin(db.em(), { email: 'root@example.com', password, apiKey: 'sk-root-root-root-root', now: start });
  expect(await findPrincipalByApiKey(db.em(), { secret: 'sk-root-root-root-root', now: start })).toBeNull();
});

test('nothing that opens anything is stored in the clear', async () => {
  const { email, userId } = await person();
  const { refreshToken } = await logIn(db.em(), { email, password, now: start });
  const { secret } = await createApiKey(db.em(), {
    principal: { ...admin, userId },
    request: keyRequest,
    idempotencyKey: null,
    now: start,
  });
  const dump = await execute<{ row: string }>(
    db.em(),
    sql`select u::text as row from users u union all select k::text from api_keys k union all select t::text from refresh_tokens t`,
  );
  const text = dump.map(({ row }) => row).join('\n');
  for (const clear of [password, refreshToken, String(secret)]) {
    expect(text).not.toContain(clear);
    expect(text).not.toContain(Buffer.from(clear).toString('hex'));
  }
});

test('a wrong password, an unknown address and a disabled user get the same words', async () => {
  const { email, userId } = await person();
  await updateUser(db.em(), { actorId: adminId, userId, request: { disabled: true }, now: start });
  const tries = [
    { email: 'root@example.com', password: 'wrong' },
    { email: 'nobody@example.com', password },
    { email, password },
  ];
  const errors = await Promise.all(
    tries.map((credentials) => logIn(db.em(), { ...credentials, now: start }).catch((error: Error) => error)),
  );
  expect(new Set(errors.map(String)).size).toBe(1);
  expect(errors[0]).toMatchObject({ code: 'unauthenticated' });
});

test('a user without a password cannot sign in with any', async () => {
  await createUser(db.em(), { actorId: adminId, request: { email: 'nopass@example.com', role: 'user' }, idempotencyKey: null, now: start });
  for (const guess of ['', 'null', 'nobody has this password']) {
    await expect(logIn(db.em(), { email: 'nopass@example.com', password: guess, now: start })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  }
});

test('tabs that race with one refresh token all get on; a copy that comes later ends the family', async () => {
  const { email } = await person();
  const { refreshToken } = await logIn(db.em(), { email, password, now: start });
  const tabs = await Promise.all(Array.from({ length: 5 }, () => refreshSession(db.em(), { refreshToken, now: after(1000) })));
  expect(new Set(tabs.map((tab) => tab.refreshToken)).size).toBe(5);
  const grace = await refreshSession(db.em(), { refreshToken, now: after(11_000) });
  await expect(refreshSession(db.em(), { refreshToken, now: after(11_001) })).rejects.toMatchObject({ code: 'unauthenticated' });
  for (const session of [...tabs, grace]) {
    await expect(refreshSession(db.em(), { refreshToken: session.refreshToken, now: after(12_000) })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(await findPrincipalBySession(db.em(), { userId: session.user.id, family: session.family })).toBeNull();
  }
});

test('one sign-in ended does not end another', async () => {
  const { email } = await person();
  const stolen = await logIn(db.em(), { email, password, now: start });
  const other = await logIn(db.em(), { email, password, now: start });
  await refreshSession(db.em(), { refreshToken: stolen.refreshToken, now: start });
  await expect(refreshSession(db.em(), { refreshToken: stolen.refreshToken, now: after(60_000) })).rejects.toMatchObject({
    code: 'unauthenticated',
  });
  await expect(refreshSession(db.em(), { refreshToken: other.refreshToken, now: after(60_000) })).resolves.toMatchObject({
    family: other.family,
  });
});

test('a refresh token ends after 30 days', async () => {
  const { email } = await person();
  const { refreshToken } = await logIn(db.em(), { email, password, now: start });
  await expect(refreshSession(db.em(), { refreshToken, now: after(30 * dayMs) })).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(refreshSession(db.em(), { refreshToken, now: after(30 * dayMs - 1) })).resolves.toBeDefined();
});

test('disabling a user ends every session for good, also when they are enabled again', async () => {
  const { email, userId } = await person();
  const { refreshToken, family } = await logIn(db.em(), { email, password, now: start });
  await updateUser(db.em(), { actorId: adminId, userId, request: { disabled: true }, now: start });
  await updateUser(db.em(), { actorId: adminId, userId, request: { disabled: false }, now: start });
  await expect(refreshSession(db.em(), { refreshToken, now: start })).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await findPrincipalBySession(db.em(), { userId, family })).toBeNull();
});

test('a password change that races with refreshes leaves no session behind', async () => {
  const { email, userId } = await person();
  const sessions = await Promise.all(Array.from({ length: 8 }, () => logIn(db.em(), { email, password, now: start })));
  const refreshes = sessions.map(({ refreshToken }) => refreshSession(db.em(), { refreshToken, now: start }).catch(() => null));
  const change = changePassword(db.em(), { userId, request: { current_password: password, new_password: 'another password' }, now: start });
  const refreshed = await Promise.all([...refreshes, change]);
  expect(refreshed).toHaveLength(9);
  const { left } = await one<{ left: number }>(
    db.em(),
    sql`select count(*)::int as left from refresh_tokens where user_id = ${userId} and revoked_at is null`,
  );
  expect(left).toBe(0);
});

test('the last administrator cannot be lost, not even by two who demote each other at once', async () => {
  const others = await listUsers(db.em(), { limit: 100, order: 'asc', role: 'admin' });
  for (const { id } of others.filter(({ id }) => id !== adminId))
    await updateUser(db.em(), { actorId: adminId, userId: id, request: { role: 'user' }, now: start });
  const second = await createUser(db.em(), {
    actorId: adminId,
    request: { email: 'second@example.com', role: 'admin' },
    idempotencyKey: null,
    now: start,
  });
  const demote = (actorId: string, userId: string) =>
    updateUser(db.em(), { actorId, userId, request: { role: 'user' }, now: start }).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
  const outcomes = await Promise.all([demote(adminId, second.id), demote(second.id, adminId)]);
  expect(outcomes.toSorted()).toEqual(['conflict', 'done']);
  const [left] = await listUsers(db.em(), { limit: 1, order: 'asc', role: 'admin' });
  expect(
    await updateUser(db.em(), { actorId: 'x', userId: left?.id ?? '', request: { disabled: true }, now: start }).catch(
      (error: { code: string }) => error.code,
    ),
  ).toBe('conflict');
  await execute(db.em(), sql`update users set role = 'admin' where id = ${adminId}`);
});

test('an API key carries no more than its maker has', async () => {
  const { userId } = await person();
  const principal: Principal = { ...admin, userId, role: 'user', scopes: ['account:write', 'jobs:read'] };
  const make = (scopes: Scope[]) =>
    createApiKey(db.em(), { principal, request: { ...keyRequest, scopes }, idempotencyKey: null, now: start });
  await expect(make(['jobs:read'])).resolves.toBeDefined();
  await expect(make(['jobs:read', 'jobs:write'])).rejects.toMatchObject({ code: 'forbidden' });
  await expect(make(['admin:read'])).rejects.toMatchObject({ code: 'forbidden' });
});

test('a key is refused after its expiry, its revocation, or when its user is disabled', async () => {
  const { userId } = await person();
  const make = async (expiresAt: string | null) => {
    const created = await createApiKey(db.em(), {
      principal: { ...admin, userId },
      request: { ...keyRequest, expires_at: expiresAt },
      idempotencyKey: null,
      now: start,
    });
    return { id: created.key.id, secret: created.secret ?? '' };
  };
  const [expiring, revoked, kept] = [await make(after(1000).toISOString()), await make(null), await make(null)];
  const find = ({ secret }: { secret: string }, now: Date) => findPrincipalByApiKey(db.em(), { secret, now });
  expect(await find(expiring, after(999))).toMatchObject({ userId, apiKeyId: expiring.id, scopes: ['jobs:read'] });
  expect(await find(expiring, after(1000))).toBeNull();
  await revokeApiKey(db.em(), { id: revoked.id, userId, now: start });
  expect(await find(revoked, start)).toBeNull();
  expect(await find(kept, start)).not.toBeNull();
  await updateUser(db.em(), { actorId: adminId, userId, request: { disabled: true }, now: start });
  expect(await find(kept, start)).toBeNull();
});

test('a first subject of the product is made a user once, by 10 requests at once, and is never an administrator', async () => {
  const found = await Promise.all(
    Array.from({ length: 10 }, () => provisionUser(db.em(), { externalId: 'sub-1', email: 'root@example.com', now: start })),
  );
  expect(new Set(found.map((principal) => principal?.userId)).size).toBe(1);
  expect(found[0]).toMatchObject({ role: 'user', apiKeyId: null });
  expect(found[0]?.userId).not.toBe(adminId);
  const [user] = await listUsers(db.em(), { limit: 1, order: 'asc', external_id: 'sub-1' });
  expect(user?.email).toBeNull();
});

test('each row of a sync stands alone', async () => {
  const { email: taken } = await person();
  const sync = (rows: Parameters<typeof syncUsers>[1]['rows']) => syncUsers(db.em(), { actorId: adminId, rows, now: start });
  const made = await sync([{ external_id: 's-1', email: 's1@example.com' }, { external_id: 's-2', email: taken }, { external_id: 's-3' }]);
  expect(made).toMatchObject([
    { externalId: 's-1', email: 's1@example.com', role: 'user' },
    { code: 'conflict' },
    { externalId: 's-3', email: null },
  ]);
  const changed = await sync([
    { external_id: 's-3', disabled: true },
    { external_id: 's-1', email: taken },
    { external_id: 's-1', email: null },
  ]);
  expect(changed).toMatchObject([{ externalId: 's-3', disabledAt: start }, { code: 'conflict' }, { externalId: 's-1', email: null }]);
  expect(await provisionUser(db.em(), { externalId: 's-3', now: start })).toBeNull();
});

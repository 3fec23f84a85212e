import { createDatabase, execute, sql } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { expect, test } from 'vitest';
import { toAppError } from './to-app-error.ts';

test('a database that cannot be reached is a 503 with a time to come back', async () => {
  const db = await createDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' });
  const error = await execute(db.em(), sql`select 1`).catch((thrown: unknown) => thrown);
  expect(toAppError(error)).toMatchObject({ code: 'unavailable', retryAfterMs: 1000 });
  await db.close();
});

test.each(['53100', '53300', '57P01', '57P03', '08006', '25006'])('PostgreSQL’s %s is one that passes', (code) => {
  expect(toAppError(Object.assign(new Error('x'), { code })).code).toBe('unavailable');
});

test('what was not made for callers says nothing to them', () => {
  for (const thrown of [
    new Error('password=hunter2'),
    'password=hunter2',
    { message: 'password=hunter2' },
    null,
    Object.assign(new Error('password=hunter2'), { status: 400 }),
  ]) {
    const error = toAppError(thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(JSON.stringify([error.message, error.faults, error.param])).not.toContain('hunter2');
  }
});

import { AppConfigError } from '@sluice/platform';
import { expect, test } from 'vitest';
import { readAllowList } from './allow-list.ts';

test('an allow list names hosts, addresses and ranges', () => {
  const list = readAllowList(['hooks.internal', '10.1.0.0/16', '127.0.0.1', 'fd00::/8', '::1']);
  expect(['hooks.internal', 'HOOKS.internal', 'hooks.internal.'].map(list.allowsHost)).toEqual([true, true, true]);
  expect(['internal', 'x.hooks.internal', 'hooks.internal.example.com'].map(list.allowsHost)).toEqual([false, false, false]);
  expect(['10.1.2.3', '127.0.0.1', 'fd12::1', '::1'].map(list.allowsAddress)).toEqual([true, true, true, true]);
  expect(['10.2.0.1', '127.0.0.2', 'fe80::1', '::2', '::ffff:127.0.0.1', 'x'].map(list.allowsAddress)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test.each([
  '10.0.0.0/33',
  '127.1',
  '0x7f000001',
  '2130706433',
  '*',
  '*.internal',
  'http://hooks.internal',
  'hooks.internal:8080',
  '10.0.0.0-10.0.0.9',
  'a..b',
])('an allow list that says %s ends the start with a fault that names it', (entry) => {
  expect(() => readAllowList(['ok.internal', entry])).toThrow(AppConfigError);
  expect(() => readAllowList([entry])).toThrow(entry);
});

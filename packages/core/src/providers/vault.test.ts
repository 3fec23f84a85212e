import { expect, test } from 'vitest';
import { createVault, VaultError } from './vault.ts';

const vault = createVault('a secret key of more than 32 characters');

test('a sealed secret opens for its own row, also in another process with the same SECRET_KEY', () => {
  const sealed = vault.seal('sk-密-123', 'pky_1');

  expect(vault.open(sealed, 'pky_1')).toBe('sk-密-123');
  expect(createVault('a secret key of more than 32 characters').open(new Uint8Array(sealed), 'pky_1')).toBe('sk-密-123');
});

test('the same secret is never sealed to the same bytes, and does not show in them', () => {
  const sealed = vault.seal('sk-123', 'pky_1');

  expect(vault.seal('sk-123', 'pky_1').equals(sealed)).toBe(false);
  expect(sealed.includes('sk-123')).toBe(false);
});

test('a secret sealed for one row does not open for another', () => {
  expect(() => vault.open(vault.seal('sk-123', 'pky_1'), 'pky_2')).toThrow(VaultError);
});

test('another SECRET_KEY is named as the cause', () => {
  const sealed = createVault('quite another secret key of 32 characters').seal('sk-123', 'pky_1');

  expect(() => vault.open(sealed, 'pky_1')).toThrow(/another SECRET_KEY/);
});

test('bytes that were changed, cut or are no ciphertext at all do not open', () => {
  const sealed = vault.seal('sk-123', 'pky_1');
  for (const index of [0, 2, 8, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => vault.open(changed, 'pky_1')).toThrow(VaultError);
  }
  expect(() => vault.open(sealed.subarray(0, 20), 'pky_1')).toThrow(VaultError);
  expect(() => vault.open(Buffer.alloc(0), 'pky_1')).toThrow(VaultError);
});

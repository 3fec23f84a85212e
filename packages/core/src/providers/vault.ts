import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const version = 1;
const keyIdLength = 4;
const ivLength = 12;
const tagLength = 16;
const headerLength = 1 + keyIdLength;

/** Why a sealed secret cannot be read. The message says what an administrator can do and holds nothing secret. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

export interface Vault {
  /** Encrypts a secret for one row. */
  seal(secret: string, rowId: string): Buffer;
  /**
   * Decrypts what `seal` made for this row.
   * @throws VaultError when it was made with another key or for another row, or was changed
   */
  open(sealed: Uint8Array, rowId: string): string;
}

/**
 * Secrets at rest, by AES-256-GCM under a key derived from SECRET_KEY. The sealed bytes are: version, key id, IV, tag, ciphertext.
 * The header and the row id are authenticated with it, so a ciphertext that is moved to another row does not open.
 */
export function createVault(secretKey: string): Vault {
  const key = derive(secretKey, 'sluice provider keys', 32);
  const header = Buffer.concat([Buffer.of(version), derive(secretKey, 'sluice provider keys: key id', keyIdLength)]);
  const aadOf = (rowId: string): Buffer => Buffer.concat([header, Buffer.from(rowId)]);

  return {
    seal(secret, rowId) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagLength }).setAAD(aadOf(rowId));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([header, iv, cipher.getAuthTag(), text]);
    },
    open(sealed, rowId) {
      const bytes = Buffer.from(sealed);
      if (bytes.length < headerLength + ivLength + tagLength || bytes[0] !== version)
        throw new VaultError('The stored key is damaged. Paste it again.');
      if (!bytes.subarray(0, headerLength).equals(header)) {
        throw new VaultError('The key was encrypted under another SECRET_KEY. Set that one again, or paste the key again.');
      }
      const iv = bytes.subarray(headerLength, headerLength + ivLength);
      const tag = bytes.subarray(headerLength + ivLength, headerLength + ivLength + tagLength);
      const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: tagLength }).setAAD(aadOf(rowId)).setAuthTag(tag);
      try {
        return decipher.update(bytes.subarray(headerLength + ivLength + tagLength), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new VaultError('The stored key was changed, or belongs to another row. Paste it again.', { cause });
      }
    },
  };
}

/** Whether sealed bytes hold this secret; those that do not open do not. */
export function isSealed(vault: Vault, { sealed, rowId, secret }: { sealed: Uint8Array; rowId: string; secret: string }): boolean {
  try {
    return vault.open(sealed, rowId) === secret;
  } catch (error) {
    if (error instanceof VaultError) return false;
    throw error;
  }
}

function derive(secretKey: string, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', purpose, length));
}

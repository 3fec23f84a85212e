import type { Vault } from '../providers/index.ts';
import type { EndpointRow } from './endpoint-row.ts';

/**
 * The secrets that sign for an endpoint, the newest first; none for a default row that was never needed.
 * @throws VaultError when SECRET_KEY is another one now
 */
export function openSecrets(
  vault: Vault,
  { id, ciphertext, oldCiphertext }: Pick<EndpointRow, 'id' | 'ciphertext' | 'oldCiphertext'>,
): string[] {
  return [ciphertext, oldCiphertext].flatMap((sealed) => (sealed ? [vault.open(sealed, id)] : []));
}

/** A new idempotency key. Not `randomUUID`, which browsers offer to pages from HTTPS only. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

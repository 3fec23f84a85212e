import { WebhookError } from './errors.ts';

export interface VerifyOptions {
  /** How far the time of the webhook may be from ours; 300 unless set. */
  toleranceS?: number;
  /** Milliseconds since 1970; the clock's unless set. */
  nowMs?: number;
}

export interface Webhooks {
  /**
   * The body of a webhook, parsed, when it was signed with this secret (Standard Webhooks: `v1`, HMAC-SHA256 over
   * `<id>.<timestamp>.<body>`). `body` is what came, unparsed: parsing and writing it again changes its bytes.
   * @throws WebhookError for a missing header, a wrong signature, or a time too far from now
   */
  verify(
    body: string | Uint8Array,
    headers: Headers | Record<string, string | string[] | undefined>,
    secret: string,
    options?: VerifyOptions,
  ): Promise<unknown>;
}

export const webhooks: Webhooks = {
  async verify(body, headers, secret, { toleranceS = 300, nowMs = Date.now() } = {}) {
    const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(headers, name));
    if (!id || !timestamp || !signatures) throw fault('the webhook-id, webhook-timestamp or webhook-signature header is missing');
    if (!/^\d{1,12}$/.test(timestamp)) throw fault('webhook-timestamp is not a time');
    if (Math.abs(nowMs / 1000 - Number(timestamp)) > toleranceS) throw fault(`it was sent more than ${toleranceS} s from now`);
    const content = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const signed = joinBytes(new TextEncoder().encode(`${id}.${timestamp}.`), content);
    const key = await crypto.subtle.importKey('raw', secretBytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const entry of signatures.split(' ')) {
      const [version, signature = ''] = entry.split(',');
      const bytes = version === 'v1' ? decodeBase64(signature) : null;
      if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return JSON.parse(new TextDecoder().decode(content));
    }
    throw fault('no signature fits');
  },
};

const fault = (what: string) => new WebhookError(`The webhook is not to be trusted: ${what}.`, { code: 'bad_signature' });

function headerOf(headers: Headers | Record<string, string | string[] | undefined>, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? (found[0] ?? null) : (found ?? null);
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.length === 0) throw fault('the secret is not whsec_ and base64');
  return bytes;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

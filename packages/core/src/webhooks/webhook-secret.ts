import { randomBytes } from 'node:crypto';

/** A new signing secret: `whsec_` and 256 random bits in base64. Without that prefix OpenAI's SDK would take the text itself for the key. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** What is shown of a secret later: enough to tell two apart. */
export function hintOf(secret: string): string {
  return `whsec_...${secret.slice(-5)}`;
}

import { Webhook } from 'standardwebhooks';

interface SignDelivery {
  /** The same for every try of one event at one endpoint. */
  deliveryId: string;
  /** Each adds a signature, so that a receiver may know the old or the new one. */
  secrets: string[];
  /** The exact bytes that are sent. */
  body: string;
  now: Date;
}

/**
 * The headers of one try, signed as Standard Webhooks says. The timestamp is that of this try: receivers refuse one that is more
 * than five minutes off.
 */
export function signDelivery({ deliveryId, secrets, body, now }: SignDelivery): Record<string, string> {
  return {
    'user-agent': 'Sluice/1.0',
    'content-type': 'application/json',
    'webhook-id': deliveryId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(deliveryId, now, body)).join(' '),
  };
}

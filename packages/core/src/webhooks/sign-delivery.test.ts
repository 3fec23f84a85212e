import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { signDelivery } from './sign-delivery.ts';
import { hintOf, newWebhookSecret } from './webhook-secret.ts';

const [old, fresh, other] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];

test('a try is signed with every secret that is in force, and with its own time', () => {
  const now = new Date();
  const headers = signDelivery({ deliveryId: 'wh_1', secrets: [fresh, old], body: '{"a":1}', now });
  expect(headers).toMatchObject({
    'webhook-id': 'wh_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'content-type': 'application/json',
  });
  for (const secret of [old, fresh]) expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
  expect(() => new Webhook(other).verify('{"a":1}', headers)).toThrow('No matching signature');
  expect(() => new Webhook(fresh).verify('{"a":2}', headers)).toThrow('No matching signature');
});

test('a secret is whsec_ and 32 bytes of base64, and its hint does not give it away', () => {
  expect(fresh).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(hintOf(fresh)).toBe(`whsec_...${fresh.slice(-5)}`);
  expect(fresh).not.toBe(old);
});

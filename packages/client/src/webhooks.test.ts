import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { webhooks } from './webhooks.ts';

const key = Buffer.from('a secret of thirty-two characters');
const secret = `whsec_${key.toString('base64')}`;
const body = '{"type":"job.completed","data":{"text":"河"}}';
const nowMs = 1_700_000_000_000;

function sign(id: string, timestamp: string, content = body): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${content}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1a,zzzz v1,${Buffer.from('no').toString('base64')} v1,${signature}`,
  };
}
const headers = sign('evt_1', '1700000000');

test('a webhook that was signed with the secret is read, from headers of any kind', async () => {
  const expected = { type: 'job.completed', data: { text: '河' } };
  expect(await webhooks.verify(body, headers, secret, { nowMs })).toEqual(expected);
  expect(await webhooks.verify(new TextEncoder().encode(body), new Headers(headers), secret, { nowMs })).toEqual(expected);
  const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
  expect(await webhooks.verify(body, upper, secret, { nowMs })).toEqual(expected);
});

test('everything else is refused', async () => {
  const refused = async (promise: Promise<unknown>) =>
    expect(promise).rejects.toMatchObject({ name: 'WebhookError', code: 'bad_signature' });
  await refused(webhooks.verify(`${body} `, headers, secret, { nowMs }));
  await refused(webhooks.verify(body, { ...headers, 'webhook-id': 'evt_2' }, secret, { nowMs }));
  await refused(webhooks.verify(body, headers, `whsec_${Buffer.from('other').toString('base64')}`, { nowMs }));
  await refused(webhooks.verify(body, headers, secret, { nowMs: nowMs + 301_000 }));
  await refused(webhooks.verify(body, headers, secret, { nowMs: nowMs - 301_000 }));
  await refused(webhooks.verify(body, {}, secret, { nowMs }));
  await refused(webhooks.verify(body, { ...headers, 'webhook-signature': 'v1,%%%' }, secret, { nowMs }));
  await refused(webhooks.verify(body, headers, 'whsec_', { nowMs }));
});

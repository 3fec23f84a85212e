import {
  decideNextTry,
  ensureSecret,
  openSecrets,
  presentEvent,
  readRetryAfter,
  signDelivery,
  type ClaimedDelivery,
  type EndedTry,
} from '@sluice/core';
import { EgressError, type EgressAnswer } from '@sluice/egress';
import type { DeliveryParts } from './delivery-parts.ts';

/** What came of one request: an answer, or why there was none. */
type Reply = EgressAnswer | { status: null; error: string };

/** Sends a delivery once, signed anew, and says what becomes of it. It writes nothing, but for the secret of a default endpoint that is first needed. */
export async function tryDelivery(parts: DeliveryParts, delivery: ClaimedDelivery, signal: AbortSignal): Promise<EndedTry> {
  const startedAt = parts.clock();
  const startedMs = performance.now();
  const reply = await send(parts, delivery, startedAt, signal);
  const now = parts.clock();
  const retryAfterMs = 'retryAfter' in reply ? readRetryAfter(reply.retryAfter, now.getTime()) : null;
  const { failures, windowFrom } = delivery;
  return {
    deliveryId: delivery.id,
    try: delivery.try,
    startedAt,
    durationMs: Math.round(performance.now() - startedMs),
    status: reply.status,
    error: 'error' in reply ? reply.error : null,
    answer: 'body' in reply ? reply.body : null,
    next: decideNextTry({
      outcome: { status: reply.status, retryAfterMs },
      failures,
      windowFrom: new Date(windowFrom),
      now,
      random: Math.random(),
    }),
  };
}

async function send(parts: DeliveryParts, delivery: ClaimedDelivery, now: Date, signal: AbortSignal): Promise<Reply> {
  const secrets = await findSecrets(parts, delivery);
  if (!secrets) return { status: null, error: 'The signing secret cannot be read; rotate it.' };
  const body = JSON.stringify(presentEvent(delivery));
  const headers = signDelivery({ deliveryId: delivery.id, secrets, body, now });
  try {
    return await parts.egress.fetch({ url: delivery.url, method: 'POST', headers, body, signal });
  } catch (error) {
    if (!(error instanceof EgressError) || signal.aborted) throw error;
    return { status: null, error: error.message };
  }
}

/** Null when the secret was sealed under another SECRET_KEY. */
async function findSecrets({ db, vault, log }: DeliveryParts, delivery: ClaimedDelivery): Promise<string[] | null> {
  const { endpointId: id } = delivery;
  const sealed = delivery.ciphertext === null ? await ensureSecret(db.em(), vault, id) : delivery;
  try {
    return openSecrets(vault, { id, ciphertext: sealed.ciphertext, oldCiphertext: sealed.oldCiphertext });
  } catch (err) {
    log.error({ err, endpointId: id }, 'webhook secret cannot be read');
    return null;
  }
}

import { newId, type WebhookEventType } from '@sluice/contract';
import { getEndpoint, openSecrets, presentEvent, signDelivery, type Database, type EndpointOwner, type Vault } from '@sluice/core';
import { EgressError, type Egress, type EgressAnswer } from '@sluice/egress';
import { AppError, type Clock } from '@sluice/platform';

export interface TestParts {
  db: Database;
  vault: Vault;
  egress: Egress;
  clock: Clock;
}

export interface TestResult {
  endpointId: string;
  statusCode: number;
}

/**
 * Sends one sample event to an endpoint, now and once, signed as the real ones are. Its object does not exist.
 * @throws AppError `not_found`; `conflict` for the default endpoint; `invalid_request` when there was no answer or not a good one
 */
export async function sendTestEvent(
  { db, vault, egress, clock }: TestParts,
  owner: EndpointOwner,
  eventType: WebhookEventType,
): Promise<TestResult> {
  const { id: endpointId, url, ...sealed } = await getEndpoint(db.em(), owner);
  if (url === null) throw new AppError('conflict', 'The default endpoint has no URL that could be tested.');
  const now = clock();
  const event = { eventId: newId('webhookEvent'), eventType, objectId: sampleIdOf(eventType), occurredAt: now.getTime() };
  const body = JSON.stringify(presentEvent(event));
  const secrets = openSecrets(vault, { id: endpointId, ...sealed });
  const headers = signDelivery({ deliveryId: newId('webhookDelivery'), secrets, body, now });
  const { status } = await egress.fetch({ url, method: 'POST', headers, body }).catch(refuse);
  if (status < 200 || status > 299) throw new AppError('invalid_request', `The endpoint answered ${status}; a delivery needs 2xx.`);
  return { endpointId, statusCode: status };
}

function refuse(error: unknown): EgressAnswer {
  if (!(error instanceof EgressError)) throw error;
  throw new AppError('invalid_request', `The endpoint did not answer: ${error.message}`, { cause: error });
}

const samplePrefixes: Record<string, string> = { job: 'job_', batch: 'batch_', response: 'resp_' };

function sampleIdOf(eventType: WebhookEventType): string {
  const [noun = ''] = eventType.split('.');
  return newId('job').replace(/^job_/, samplePrefixes[noun] ?? 'job_');
}

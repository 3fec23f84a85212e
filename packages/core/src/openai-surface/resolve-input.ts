import { isEnd, type CreateResponseRequest, type InputItem } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { findAskedResponses } from './get-response.ts';
import { OpenAiError } from './openai-error.ts';
import { invalidValue } from './parse-openai.ts';
import { presentOutput } from './present-response.ts';
import { jobIdOf, jobIdOfItem } from './response-ids.ts';
import { storeItem, storeText, type StoredItem } from './stored-items.ts';

/**
 * All items that a response is asked with: those of the response before it, what that answered, and its own, with references
 * looked up among the user's responses.
 * @throws OpenAiError invalid_request: no input, an unknown previous response or item
 */
export async function resolveInput(em: EntityManager, userId: string, body: CreateResponseRequest): Promise<StoredItem[]> {
  const { input = [], previous_response_id: previousId } = body;
  const before = previousId === undefined ? [] : await itemsBefore(em, userId, previousId);
  const own = typeof input === 'string' ? [storeText(input)] : await storeItems(em, userId, input);
  if (before.length + own.length > 0) return [...before, ...own];
  throw new OpenAiError('invalid_request', "Missing required parameter: 'input'.", {
    openAiCode: 'missing_required_parameter',
    param: 'input',
  });
}

async function itemsBefore(em: EntityManager, userId: string, responseId: string): Promise<StoredItem[]> {
  const [found] = await findAskedResponses(em, userId, [jobIdOf(responseId)]);
  if (!found || !isEnd(found.job.status)) {
    const message = `Previous response with id '${responseId}' ${found ? 'has not ended yet' : 'not found'}.`;
    throw new OpenAiError('invalid_request', message, { openAiCode: 'previous_response_not_found', param: 'previous_response_id' });
  }
  // A call whose arguments broke off can be neither answered nor repeated.
  const output = presentOutput(found.job).filter(({ type, status }) => type !== 'function_call' || status === 'completed');
  return [...(found.input as StoredItem[]), ...output];
}

async function storeItems(em: EntityManager, userId: string, items: InputItem[]): Promise<StoredItem[]> {
  const jobIds = items.flatMap((item) => (item.type === 'item_reference' ? (jobIdOfItem(item.id) ?? []) : []));
  const referred = await findAskedResponses(em, userId, [...new Set(jobIds)]);
  const known = referred.flatMap(({ job, input }): StoredItem[] => [...(input as StoredItem[]), ...presentOutput(job)]);
  const byId = new Map(known.map((item) => [item.id, item]));
  return items.map((item, index) => {
    if (item.type !== 'item_reference') return storeItem(item);
    // A stream that had to show an item again gave it a number.
    const found = byId.get(item.id) ?? byId.get(item.id.replace(/_\d+$/, ''));
    if (!found) throw invalidValue(`input.${index}.id`, `there is no item '${item.id}'`);
    return found;
  });
}

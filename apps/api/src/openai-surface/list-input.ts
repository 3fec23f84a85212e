import { presentList, type List, type ResponseInputItem } from '@sluice/contract';
import { invalidValue } from '@sluice/core';

interface Page {
  limit: number;
  after?: string | undefined;
  order: 'asc' | 'desc';
}

/**
 * A page of a response's input items.
 * @throws OpenAiError invalid_request for a cursor that is none of them
 */
export function listInput(items: ResponseInputItem[], { limit, after, order }: Page): List<ResponseInputItem> {
  const ordered = order === 'asc' ? items : items.toReversed();
  const at = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && at < 0) throw invalidValue('after', 'it is not the id of one of the items');
  return presentList(ordered.slice(at + 1, at + 2 + limit), limit);
}

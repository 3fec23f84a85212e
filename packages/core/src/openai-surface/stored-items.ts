import type { ContentPart, InputItem, OutputItem, ResponseInputItem } from '@sluice/contract';
import { outputText } from './output-text.ts';
import { itemIds } from './response-ids.ts';

type Message = Extract<InputItem, { type: 'message' }>;
type Known = Exclude<InputItem, { type: 'message' | 'item_reference' }>;

/** An item as it is kept: references resolved, the content of messages always in parts. */
export type StoredItem = (Omit<Message, 'content'> & { content: ContentPart[]; status: 'completed' }) | Known | OutputItem;

/** What a caller sent, as it is kept. References are looked up before. */
export function storeItem(item: Exclude<InputItem, { type: 'item_reference' }>): StoredItem {
  if (item.type !== 'message') return item;
  const part = item.role === 'assistant' ? ('output_text' as const) : ('input_text' as const);
  const content: ContentPart[] = typeof item.content === 'string' ? [{ type: part, text: item.content }] : item.content;
  return { ...item, status: 'completed', content: content.map(whole) };
}

/** Clients read `annotations` of every text that was an output. */
function whole(part: ContentPart): ContentPart {
  return part.type === 'output_text' ? outputText(part.text) : part;
}

/** A whole input that is one text. */
export function storeText(text: string): StoredItem {
  return { type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text }] };
}

/** The items as they are listed: each has an id, the caller's own or one by its place. */
export function presentInput(jobId: string, items: StoredItem[]): ResponseInputItem[] {
  return items.map((item, index) => ({ ...item, id: item.id ?? itemIds.input(jobId, index) }));
}

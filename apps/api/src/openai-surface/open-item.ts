import type { ItemStatus, OutputFunctionCall, OutputItem, OutputMessage, OutputReasoning } from '@sluice/contract';
import { outputText } from '@sluice/core';
import type { ResponseEventBody } from './response-events.ts';

/** An item of an answer while it grows. */
export interface OpenItem {
  begin(): ResponseEventBody[];
  grow(delta: string): ResponseEventBody[];
  close(status: ItemStatus): ResponseEventBody[];
}

/** Where an item stands in the output, and its id. */
export interface ItemPlace {
  id: string;
  index: number;
}

export function openMessage({ id, index }: ItemPlace): OpenItem {
  const place = { item_id: id, output_index: index, content_index: 0 };
  const item = (status: ItemStatus, content: OutputMessage['content']): OutputItem => ({
    id,
    type: 'message',
    role: 'assistant',
    status,
    content,
  });
  let text = '';
  return {
    begin: () => [
      { type: 'response.output_item.added', output_index: index, item: item('in_progress', []) },
      { type: 'response.content_part.added', ...place, part: outputText('') },
    ],
    grow(delta) {
      text += delta;
      return [{ type: 'response.output_text.delta', ...place, delta, logprobs: [] }];
    },
    close: (status) => [
      { type: 'response.output_text.done', ...place, text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part: outputText(text) },
      { type: 'response.output_item.done', output_index: index, item: item(status, [outputText(text)]) },
    ],
  };
}

/** The model's reasoning is shown as its summary, where every client looks for it. */
export function openReasoning({ id, index }: ItemPlace): OpenItem {
  const place = { item_id: id, output_index: index, summary_index: 0 };
  const part = (text: string) => ({ type: 'summary_text' as const, text });
  const item = (status: ItemStatus, summary: OutputReasoning['summary']): OutputItem => ({ id, type: 'reasoning', status, summary });
  let text = '';
  return {
    begin: () => [
      { type: 'response.output_item.added', output_index: index, item: item('in_progress', []) },
      { type: 'response.reasoning_summary_part.added', ...place, part: part('') },
    ],
    grow(delta) {
      text += delta;
      return [{ type: 'response.reasoning_summary_text.delta', ...place, delta }];
    },
    close: (status) => [
      { type: 'response.reasoning_summary_text.done', ...place, text },
      { type: 'response.reasoning_summary_part.done', ...place, part: part(text) },
      { type: 'response.output_item.done', output_index: index, item: item(status, [part(text)]) },
    ],
  };
}

export function openFunctionCall({ id, index }: ItemPlace, call: Pick<OutputFunctionCall, 'call_id' | 'name'>): OpenItem {
  const place = { item_id: id, output_index: index };
  const item = (status: ItemStatus, args: string): OutputItem => ({ id, type: 'function_call', ...call, arguments: args, status });
  let text = '';
  return {
    begin: () => [{ type: 'response.output_item.added', output_index: index, item: item('in_progress', '') }],
    grow(delta) {
      text += delta;
      return delta === '' ? [] : [{ type: 'response.function_call_arguments.delta', ...place, delta }];
    },
    close: (status) => [
      { type: 'response.function_call_arguments.done', ...place, arguments: text },
      { type: 'response.output_item.done', output_index: index, item: item(status, text) },
    ],
  };
}

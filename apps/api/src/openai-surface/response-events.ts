import type { OutputItem, ResponseObject } from '@sluice/contract';

interface ItemPlace {
  item_id: string;
  output_index: number;
}

/** The events that a response's stream is made of; no others are ever sent. */
export type ResponseEventBody =
  | { type: 'response.created' | 'response.queued' | 'response.in_progress'; response: ResponseObject }
  | { type: 'response.completed' | 'response.incomplete' | 'response.failed'; response: ResponseObject }
  | { type: 'response.output_item.added' | 'response.output_item.done'; output_index: number; item: OutputItem }
  | ({ type: 'response.content_part.added' | 'response.content_part.done'; content_index: number; part: object } & ItemPlace)
  | ({ type: 'response.output_text.delta'; content_index: number; delta: string; logprobs: [] } & ItemPlace)
  | ({ type: 'response.output_text.done'; content_index: number; text: string; logprobs: [] } & ItemPlace)
  | ({ type: 'response.function_call_arguments.delta'; delta: string } & ItemPlace)
  | ({ type: 'response.function_call_arguments.done'; arguments: string } & ItemPlace)
  | ({
      type: 'response.reasoning_summary_part.added' | 'response.reasoning_summary_part.done';
      summary_index: number;
      part: object;
    } & ItemPlace)
  | ({ type: 'response.reasoning_summary_text.delta'; summary_index: number; delta: string } & ItemPlace)
  | ({ type: 'response.reasoning_summary_text.done'; summary_index: number; text: string } & ItemPlace)
  | { type: 'error'; code: string; message: string; param: null; error: { type: string; code: string; message: string; param: null } };

export type ResponseEvent = ResponseEventBody & { sequence_number: number };

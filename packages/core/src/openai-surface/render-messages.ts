import type { ContentPart } from '@sluice/contract';
import { unsupportedParameter } from './parse-openai.ts';
import type { StoredItem } from './stored-items.ts';

type ChatPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: object }
  | { type: 'file'; file: object }
  | { type: 'input_audio'; input_audio: object };

type ChatToolCall = { id: string; type: 'function'; function: { name: string; arguments: string } };

type ChatMessage = {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string | ChatPart[] | null;
  tool_calls?: ChatToolCall[];
  tool_call_id?: string;
};

/**
 * The chat messages that stand for a response's items, for a provider that knows no responses. Instructions go in front.
 * `developer` is said as `system`, which every vendor knows; reasoning is left out, since it may not be sent back; calls go to
 * the assistant's message that they belong to.
 * @throws OpenAiError unsupported_parameter for a part that a chat message cannot hold
 */
export function renderMessages(instructions: string | undefined, items: StoredItem[]): ChatMessage[] {
  const messages: ChatMessage[] = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  items.forEach((item, index) => {
    switch (item.type) {
      case 'message':
        messages.push({
          role: item.role === 'developer' ? 'system' : item.role,
          content: renderContent(item.content, `input.${index}.content`),
        });
        break;
      case 'function_call':
        addCall(messages, callOf(item.call_id, item.name, item.arguments));
        break;
      case 'custom_tool_call':
        addCall(messages, callOf(item.call_id, item.name, JSON.stringify({ input: item.input })));
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        messages.push({ role: 'tool', tool_call_id: item.call_id, content: renderOutput(item.output, `input.${index}.output`) });
    }
  });
  return messages;
}

function callOf(id: string, name: string, args: string): ChatToolCall {
  return { id, type: 'function', function: { name, arguments: args } };
}

function addCall(messages: ChatMessage[], call: ChatToolCall): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call];
  else messages.push({ role: 'assistant', content: null, tool_calls: [call] });
}

/** Text alone is sent as one text: not every vendor reads parts. */
function renderContent(parts: ContentPart[], path: string): string | ChatPart[] {
  const rendered = parts.map((part, index) => renderPart(part, `${path}.${index}`));
  return rendered.every((part) => part.type === 'text') ? rendered.map(({ text }) => text).join('\n') : rendered;
}

function renderOutput(output: string | ContentPart[], path: string): string {
  if (typeof output === 'string') return output;
  const content = renderContent(output, path);
  if (typeof content !== 'string') throw unsupportedParameter(path, 'can hold text only');
  return content;
}

function renderPart(part: ContentPart, path: string): ChatPart {
  switch (part.type) {
    case 'refusal':
      return { type: 'text', text: part.refusal };
    case 'input_image':
      if (!part.image_url)
        throw unsupportedParameter(`${path}.file_id`, 'cannot be read by the provider; send image_url, which may be a data URL');
      return { type: 'image_url', image_url: { url: part.image_url, ...(part.detail && { detail: part.detail }) } };
    case 'input_file':
      if (!part.file_data)
        throw unsupportedParameter(`${path}.${part.file_url ? 'file_url' : 'file_id'}`, 'cannot be read by the provider; send file_data');
      return { type: 'file', file: { file_data: part.file_data, ...(part.filename && { filename: part.filename }) } };
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio };
    default:
      return { type: 'text', text: part.text };
  }
}

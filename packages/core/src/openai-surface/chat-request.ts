import { ChatCompletionRequest, type JobParams } from '@sluice/contract';
import { isGiven, parseOpenAi, unsupportedParameter, type IsMeant } from './parse-openai.ts';
import { runStyle, type SurfaceRequest } from './surface-request.ts';

const isSome = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** Known fields that would change the answer, and cannot be kept here. */
const unsupported: Record<string, IsMeant> = {
  audio: isGiven,
  function_call: isGiven,
  functions: isSome,
  logprobs: (value) => value !== undefined && value !== false,
  modalities: (value) => isSome(value) && JSON.stringify(value) !== '["text"]',
  n: (value) => value !== undefined && value !== 1,
  top_logprobs: (value) => value !== undefined && value !== 0,
  web_search_options: isGiven,
};

export interface ChatRequest extends SurfaceRequest {
  isStream: boolean;
  includesUsage: boolean;
}

/**
 * Reads the body of a chat completion and plans its job. Messages and parameters go to the provider as they are.
 * @throws OpenAiError invalid_request
 */
export function planChatRequest(json: unknown): ChatRequest {
  const body = parseOpenAi(ChatCompletionRequest, namesCustomTool(json), unsupported);
  const { model, messages, metadata, stream: isStream } = body;
  return {
    isStream,
    includesUsage: body.stream_options?.include_usage === true,
    request: { model, messages, params: paramsOf(body), metadata, ...runStyle({ isBackground: false, isStream }) },
    surface: { name: 'chat', isBackground: false, isStored: true, echo: null, input: null, body },
  };
}

/** `max_tokens` is the older word for `max_completion_tokens`, and the one that every vendor knows. */
function paramsOf({
  model: _model,
  messages: _messages,
  metadata: _metadata,
  stream: _stream,
  stream_options: _streamOptions,
  max_completion_tokens: maxCompletionTokens,
  ...params
}: ChatCompletionRequest): JobParams {
  return maxCompletionTokens === undefined ? params : { ...params, max_tokens: maxCompletionTokens };
}

/** A tool of another kind is not wrong, it is not supported. */
function namesCustomTool(json: unknown): unknown {
  const tools = typeof json === 'object' && json !== null && 'tools' in json && Array.isArray(json.tools) ? (json.tools as unknown[]) : [];
  const other = tools.findIndex(
    (tool) => typeof tool === 'object' && tool !== null && 'type' in tool && typeof tool.type === 'string' && tool.type !== 'function',
  );
  if (other >= 0) throw unsupportedParameter(`tools.${other}.type`, 'must be function: the service has no tools of its own');
  return json;
}

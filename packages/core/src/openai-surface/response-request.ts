import {
  CreateResponseRequest,
  type FunctionTool,
  type JobParams,
  type ResponseEcho,
  type TextFormat,
  type ToolChoice,
} from '@sluice/contract';
import { isGiven, parseOpenAi, unsupportedParameter, type IsMeant } from './parse-openai.ts';
import { renderMessages } from './render-messages.ts';
import type { StoredItem } from './stored-items.ts';
import { runStyle, type SurfaceRequest } from './surface-request.ts';

/** Known fields that would change the answer, and cannot be kept here. */
const unsupported: Record<string, IsMeant> = {
  conversation: isGiven,
  prompt: isGiven,
  top_logprobs: (value) => value !== undefined && value !== 0,
};

/**
 * Reads the body of a create.
 * @throws OpenAiError invalid_request
 */
export function readResponseRequest(json: unknown): CreateResponseRequest {
  refuseHostedTools(json);
  return parseOpenAi(CreateResponseRequest, json, unsupported);
}

export interface PlannedResponse extends SurfaceRequest {
  echo: ResponseEcho;
}

/** The job of a response with these items: its own and those of the response before it. Pure. */
export function planResponseRequest(body: CreateResponseRequest, items: StoredItem[]): PlannedResponse {
  const { model, instructions, metadata, background: isBackground, stream: isStream, store: isStored } = body;
  const messages = renderMessages(instructions, items);
  const echo = echoOf(body);
  return {
    echo,
    request: { model, messages, params: paramsOf(body), metadata, ...runStyle({ isBackground, isStream }) },
    surface: { name: 'responses', isBackground, isStored, echo, input: items, body },
  };
}

function paramsOf(body: CreateResponseRequest): JobParams {
  const tools = toolsMeant(body);
  const params = {
    temperature: body.temperature,
    top_p: body.top_p,
    max_tokens: body.max_output_tokens,
    response_format: formatOf(body.text.format ?? null),
    tools: tools.length > 0 ? tools.map(toolOf) : undefined,
    tool_choice: tools.length > 0 ? choiceOf(body.tool_choice) : undefined,
    parallel_tool_calls: tools.length > 0 ? body.parallel_tool_calls : undefined,
    reasoning_effort: body.reasoning.effort ?? undefined,
    verbosity: body.text.verbosity ?? undefined,
  };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

/** A choice among some of the tools is made by offering no others. */
function toolsMeant({ tools, tool_choice: choice }: CreateResponseRequest): FunctionTool[] {
  if (typeof choice === 'string' || choice.type !== 'allowed_tools') return tools;
  return tools.filter(({ name }) => choice.tools.some((allowed) => allowed.name === name));
}

function choiceOf(choice: ToolChoice): unknown {
  if (typeof choice === 'string') return choice;
  return choice.type === 'allowed_tools' ? choice.mode : { type: 'function', function: { name: choice.name } };
}

function toolOf({ name, description, parameters, strict }: FunctionTool): unknown {
  return { type: 'function', function: { name, ...present({ description, parameters, strict }) } };
}

function formatOf(format: TextFormat | null): unknown {
  if (format === null || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json_object' };
  const { name, schema, description, strict } = format;
  return { type: 'json_schema', json_schema: { name, schema, ...present({ description, strict }) } };
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function echoOf(body: CreateResponseRequest): ResponseEcho {
  const { effort = null, summary = null } = body.reasoning;
  const { format, verbosity } = body.text;
  return {
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort, summary },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: body.service_tier ?? 'default',
    store: body.store,
    temperature: body.temperature ?? 1,
    text: { format: format ?? { type: 'text' }, ...(verbosity && { verbosity }) },
    tool_choice: body.tool_choice,
    tools: body.tools,
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation,
    user: body.user ?? null,
  };
}

/** Tools and choices of another kind are not wrong, they are not supported: the service has no tools of its own. */
function refuseHostedTools(json: unknown): void {
  const { tools, tool_choice: choice } = (typeof json === 'object' && json !== null ? json : {}) as {
    tools?: unknown;
    tool_choice?: unknown;
  };
  const other = Array.isArray(tools) ? tools.findIndex((tool) => kindOf(tool) !== null && kindOf(tool) !== 'function') : -1;
  if (other >= 0) throw unsupportedParameter(`tools.${other}.type`, 'must be function: the service has no tools of its own');
  const chosen = kindOf(choice);
  if (chosen !== null && chosen !== 'function' && chosen !== 'allowed_tools')
    throw unsupportedParameter('tool_choice', 'can name functions only');
}

function kindOf(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' ? value.type : null;
}

import type { ModelCapability, ProviderQuirks } from '@sluice/contract';
import { request, type Dispatcher } from 'undici';
import { classifyRefusal, classifyTransport } from './classify-failure.ts';
import { guessCapabilities } from './guess-capabilities.ts';
import { asObject, parseJson, type JsonObject } from './json-object.ts';
import { keyHeader } from './key-header.ts';
import { ProviderFailure } from './provider-failure.ts';
import { safeMessage } from './safe-message.ts';

export interface ModelListCall {
  baseUrl: string;
  apiKey: string;
  quirks: ProviderQuirks;
}

/** A model as its vendor lists it, with what its row and its name let one guess. */
export interface VendorModel {
  id: string;
  capabilities: ModelCapability[];
  contextWindow: number | null;
}

const listMaxLength = 8 * 1024 * 1024;

interface ListModelsParts {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  nowMs: number;
}

/**
 * The models that a provider says it has, ordered by id. Redirects are not followed, and a list above 8 MB is refused.
 * @throws ProviderFailure
 */
export async function listVendorModels(call: ModelListCall, { dispatcher, signal, nowMs }: ListModelsParts): Promise<VendorModel[]> {
  const { baseUrl, apiKey, quirks } = call;
  const headers = { ...keyHeader(apiKey, quirks), accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'sluice' };
  try {
    const answer = await request(`${baseUrl}/models`, { method: 'GET', headers, dispatcher, signal });
    const body = await readBody(answer.body);
    const { statusCode: status } = answer;
    if (status < 200 || status > 299) throw classifyRefusal({ status, headers: answer.headers, body, nowMs, quirks });
    return readModelList(parseJson(body));
  } catch (error) {
    const failure = error instanceof ProviderFailure ? error : classifyTransport(error, { hasAnswer: false });
    throw new ProviderFailure(failure.kind, safeMessage(failure.message, apiKey), { status: failure.status });
  }
}

async function readBody(body: Dispatcher.ResponseData['body']): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    if (text.length > listMaxLength) throw new ProviderFailure('malformed', 'The list of models is longer than 8 MB.');
  }
  return text + decoder.decode();
}

/**
 * Reads a list in any of the shapes that vendors have: `{data: [...]}` (OpenAI and most), a bare array (Together), `{models: [...]}`
 * (Cohere); rows name themselves `id`, `model` (Baichuan) or `name`, with `models/` in front (Gemini).
 */
export function readModelList(json: unknown): VendorModel[] {
  const list = asObject(json);
  const rows = [json, list?.data, list?.models].find(Array.isArray);
  if (!rows) throw new ProviderFailure('malformed', 'The provider answered something else than a list of models.');
  const models = rows.flatMap((row) => {
    const model = asObject(row);
    const id = [model?.id, model?.model, model?.name].find((value) => typeof value === 'string' && value !== '') as string | undefined;
    return model && id !== undefined && id.length <= 256 ? [readModel(id.replace(/^models\//, ''), model)] : [];
  });
  const byId = new Map(models.map((model) => [model.id, model]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const sizeFields = ['context_window', 'context_length', 'max_context_length', 'max_model_len', 'max_input_length', 'inputTokenLimit'];

function readModel(id: string, row: JsonObject): VendorModel {
  const size = sizeFields.map((field) => row[field]).find((value) => typeof value === 'number' && Number.isInteger(value) && value > 0);
  return { id, capabilities: guessCapabilities(id, row), contextWindow: (size as number | undefined) ?? null };
}

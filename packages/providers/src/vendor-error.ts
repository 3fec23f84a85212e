import { asObject, type JsonObject } from './json-object.ts';

/** What a vendor's error says, whatever its shape. Empty strings stand for what it does not say. */
export interface VendorError {
  /** Its code, with the family in front where numbers of different vendors collide: `base_resp.1002`. */
  code: string;
  type: string;
  message: string;
  /** The HTTP status that the body itself names. */
  status: number | undefined;
}

/**
 * Finds the error in a body or a chunk that was read as JSON; null when it holds none. The shapes are those of the vendors:
 * `{error: {...}}` (OpenAI and most), the same in an array (Gemini), in a choice (OpenRouter), `{error: "..."}` (xAI, Ollama),
 * `{object: "error", message}` (vLLM, Mistral), `base_resp` (MiniMax), `{error_code, error_msg}` (Baidu),
 * `{code, message}` (SiliconFlow, Spark), `{detail}` (FastAPI), `{message}` (Cohere).
 */
export function findVendorError(value: unknown): VendorError | null {
  const body = asObject(Array.isArray(value) ? value[0] : value);
  if (!body) return null;
  return inErrorField(body) ?? inChoice(body) ?? inBaseResp(body) ?? inFlatBody(body);
}

function inErrorField(body: JsonObject): VendorError | null {
  if (!body.error) return null;
  const error = asObject(body.error);
  if (!error) return { code: word(body.code), type: word(body.type), message: sentence(body.error), status: statusOf(body.code) };
  const type = word(error.type) || word(error.status);
  return { code: word(error.code), type, message: sentence(error.message), status: statusOf(error.code) ?? statusOf(error.status) };
}

function inChoice(body: JsonObject): VendorError | null {
  const choice = Array.isArray(body.choices) ? asObject(body.choices[0]) : null;
  return choice?.error ? inErrorField(choice) : null;
}

function inBaseResp(body: JsonObject): VendorError | null {
  const { status_code: code, status_msg: message } = asObject(body.base_resp) ?? {};
  return isErrorCode(code) ? { code: `base_resp.${word(code)}`, type: '', message: sentence(message), status: undefined } : null;
}

/** Bodies without a wrapper. A body with choices is an answer, also when it says `code: 0` beside them. */
function inFlatBody(body: JsonObject): VendorError | null {
  if (Array.isArray(body.choices) && body.choices.length > 0) return null;
  const message = body.message ?? body.error_msg ?? body.detail;
  const code = body.code ?? body.error_code;
  const isError = body.object === 'error' || isErrorCode(code) || (code === undefined && message !== undefined);
  return isError ? { code: word(code), type: word(body.type), message: sentence(message), status: statusOf(code) } : null;
}

/** Some vendors put a code into good answers too: 0, 200 or "success". */
function isErrorCode(code: unknown): boolean {
  return code !== undefined && code !== null && !['', '0', '200', 'success'].includes(word(code).toLowerCase());
}

function statusOf(code: unknown): number | undefined {
  const status = Number(code);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function sentence(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

import { OpaqueJson } from '@sluice/contract';
import type { z } from 'zod';
import { bracketed, OpenAiError } from './openai-error.ts';

/** Says whether the value of a field that is not supported would change the answer. */
export type IsMeant = (value: unknown) => boolean;

/**
 * Reads a body in OpenAI's shape. Unknown fields are left out, a null at the top stands for nothing; a known field that would
 * change the answer and is not supported is refused by its name.
 * @throws OpenAiError invalid_request with the first fault: its path, and OpenAI's word for its kind
 */
export function parseOpenAi<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  unsupported: Record<string, IsMeant>,
): z.output<Schema> {
  const given = withoutNulls(body);
  for (const [name, isMeant] of Object.entries(unsupported)) {
    if (isMeant(given[name])) throw unsupportedParameter(name);
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw faultOf(parsed.error.issues[0], given);
  if (!OpaqueJson.safeParse(parsed.data).success) {
    throw new OpenAiError('invalid_request', 'The body contains a NUL character or half of a surrogate pair.', {
      openAiCode: 'invalid_value',
    });
  }
  return parsed.data;
}

/** The refusal of a field, or of one of its values, that would change the answer. */
export function unsupportedParameter(param: string, reason = 'is not supported here'): OpenAiError {
  return new OpenAiError('invalid_request', `Unsupported parameter: '${bracketed(param)}' ${reason}.`, {
    openAiCode: 'unsupported_parameter',
    param,
  });
}

export function invalidValue(param: string, reason: string): OpenAiError {
  return new OpenAiError('invalid_request', `Invalid value for '${bracketed(param)}': ${reason}.`, { openAiCode: 'invalid_value', param });
}

/** True for every value there is. */
export const isGiven: IsMeant = (value) => value !== undefined;

function withoutNulls(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new OpenAiError('invalid_request', 'The body must be a JSON object.', { openAiCode: 'invalid_type' });
  }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function faultOf(issue: z.core.$ZodIssue | undefined, body: unknown): OpenAiError {
  if (!issue) throw new Error('a schema refused a body without a reason');
  const meant = issue.code === 'invalid_union' ? closestBranch(issue.errors) : null;
  if (meant) return faultOf({ ...meant, path: [...issue.path, ...meant.path] }, body);
  const param = issue.path.map(String).join('.').slice(0, 200);
  const isMissing = isTypeFault(issue) && valueAt(body, issue.path) === undefined;
  if (isMissing)
    return new OpenAiError('invalid_request', `Missing required parameter: '${bracketed(param)}'.`, {
      openAiCode: 'missing_required_parameter',
      param,
    });
  const openAiCode = isTypeFault(issue) ? 'invalid_type' : 'invalid_value';
  return new OpenAiError('invalid_request', `Invalid value for '${bracketed(param)}': ${issue.message}`, { openAiCode, param });
}

function isTypeFault(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_union'
    ? issue.errors.length > 0 && issue.errors.every(([first]) => first?.code === 'invalid_type')
    : issue.code === 'invalid_type';
}

/** Of the branches of a union the one that the value came furthest in, or the only one of its type: its fault is what the caller wants to know. */
function closestBranch(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue | null {
  const firsts = branches.flatMap(([first]) => (first ? [first] : []));
  const deepest = firsts.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (deepest && deepest.path.length > 0) return deepest;
  const [only, ...others] = firsts.filter(({ code }) => code !== 'invalid_type' && code !== 'invalid_value' && code !== 'invalid_union');
  return others.length === 0 ? (only ?? null) : null;
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

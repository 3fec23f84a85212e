import type { SubmitJobRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { TextRules, WordRules } from '../word-lists/index.ts';
import type { Submission } from './plan-job.ts';
import type { Surface } from './surface.ts';

type Asked = Omit<Submission, 'idempotencyKey'>;

/** The fields of a request, of whatever kind, that say something. */
const spokenFields = ['instructions', 'input', 'messages', 'query', 'documents'];

/** Where requests, messages and the items of a response keep what people and models say. Everything else names, addresses or encodes. */
const textFields = new Set([...spokenFields, 'content', 'text', 'refusal', 'reasoning', 'reasoning_content', 'output']);

/**
 * A submission as it may be stored and sent: the words of lists are masked in everything that is said in it, also in what a
 * template was filled in to and in what is kept to be shown again. What an idempotency key stands for stays what was asked.
 * What is to be judged by a moderation model is not touched. Without lists it is the same object.
 * @throws AppError `content_blocked`, which says where and never which word
 */
export function screenSubmission<Screened extends Asked>(rules: Pick<WordRules, 'input' | 'output'>, asked: Screened): Screened {
  const [input, output] = [rules.input(), rules.output()];
  const screened = input && asked.request.kind !== 'moderation' ? screenInput(input, asked) : asked;
  return output ? { ...screened, outputRules: output.version } : screened;
}

function screenInput<Screened extends Asked>(rules: TextRules, asked: Screened): Screened {
  const { request, prompt, surface } = asked;
  const screen = createScreen(rules);
  // The messages of a response are made of its input.
  const placeOf = (field: string): string => (surface?.name === 'responses' ? 'input' : field);
  return {
    ...asked,
    asked: request,
    request: screenRequest(request, screen, placeOf),
    ...(prompt && { prompt: { ...prompt, messages: screen.value(prompt.messages, 'messages', () => 'variables') } }),
    ...(surface && { surface: screenSurface(surface, screen) }),
  };
}

function screenRequest(request: SubmitJobRequest, screen: Screen, placeOf: (field: string) => string): SubmitJobRequest {
  const said = Object.entries(request).filter(([field]) => spokenFields.includes(field));
  return { ...request, ...Object.fromEntries(said.map(([field, value]) => [field, screen.value<unknown>(value, field, placeOf)])) };
}

function screenSurface(surface: Surface, screen: Screen): Surface {
  const { input, echo } = surface;
  return { ...surface, input: input && screen.value(input, 'input', () => 'input'), echo: screenEcho(echo, screen) };
}

/** What a response shows of its request: of that only the instructions are a text. */
function screenEcho(echo: unknown, screen: Screen): unknown {
  if (typeof echo !== 'object' || echo === null || !('instructions' in echo)) return echo;
  return { ...echo, instructions: screen.value(echo.instructions, 'instructions', () => 'instructions') };
}

interface Screen {
  /** The value of a field with every text in it as it may be. Of a list the place of each item is named. */
  value<Value>(value: Value, field: string, placeOf: (field: string) => string): Value;
}

function createScreen(rules: TextRules): Screen {
  /** What a response shows of its input is the same text as its messages: it is looked through and counted once. */
  const screened = new Map<string, string>();

  function text(value: string, place: string): string {
    const known = screened.get(value);
    if (known !== undefined) return known;
    const masked = rules.apply(value);
    if (masked === null) throw blocked(place);
    screened.set(value, masked);
    return masked;
  }

  /** The arguments of a call stay JSON: its strings are masked, not its signs. */
  function json(value: string, place: string): string {
    const parsed = parseJson(value);
    if (parsed === undefined) return text(value, place);
    const before = JSON.stringify(parsed);
    const after = JSON.stringify(parsed, (_key, item: unknown) => (typeof item === 'string' ? text(item, place) : item));
    return after === before ? value : after;
  }

  function walk(value: unknown, field: string, place: string): unknown {
    if (typeof value === 'string') {
      if (field === 'arguments') return json(value, place);
      return textFields.has(field) ? text(value, place) : value;
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, field, place));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, key, place)]));
  }

  return {
    value: <Value>(value: Value, field: string, placeOf: (field: string) => string) =>
      (Array.isArray(value)
        ? value.map((item, index) => walk(item, field, placeOf(`${field}.${index}`)))
        : walk(value, field, placeOf(field))) as Value,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function blocked(place: string): AppError {
  const message = `${place}: holds a word or phrase that is not allowed here; say it differently and send it again`;
  return new AppError('content_blocked', message, { param: place });
}

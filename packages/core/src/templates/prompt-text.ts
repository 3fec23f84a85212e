import type { Fault } from '@sluice/contract';
import Mustache from 'mustache';

/** Mustache's parser looks through the rest of the text at every tag: this many keep it quick. */
const tagsMax = 500;
const tagLengthMax = 200;
const depthMax = 8;

type Spans = ReturnType<typeof Mustache.parse>;

/** What a checked text needs to be rendered: Mustache's own tokens. */
export type PromptText = Spans;

/** What tags may name: the variables, and which of them are lists. */
export interface Declared {
  has(name: string): boolean;
  isList(name: string): boolean;
}

/**
 * Reads a text with Mustache tags: `{{name}}`, sections `{{#name}}...{{/name}}` and `{{^name}}...{{/name}}`, `{{.}}` inside a
 * section, and comments. No partials, no other delimiters, no code. Pure.
 */
export function parsePromptText(source: string, path: string, declared: Declared): { text: PromptText; faults: Fault[] } {
  const refusal = findUnreadable(source);
  if (refusal) return { text: [], faults: [{ path, message: refusal }] };
  try {
    const text = new Mustache.Writer().parse(source, ['{{', '}}']) as PromptText;
    return { text, faults: findFaults(text, declared).map((message) => ({ path, message })) };
  } catch (error) {
    return { text: [], faults: [{ path, message: wordsOf(error) }] };
  }
}

/** Every variable that a text names. */
export function namesIn(text: PromptText): string[] {
  return text.flatMap((span) => {
    const inner = innerOf(span);
    const isNamed = ['name', '&', '#', '^'].includes(span[0]) && span[1] !== '.';
    return [...(isNamed ? [span[1]] : []), ...(inner ? namesIn(inner) : [])];
  });
}

/** What has to be refused before Mustache reads it. One pass. */
function findUnreadable(source: string): string | null {
  let tags = 0;
  for (let open = source.indexOf('{{'); open >= 0; tags += 1) {
    if (tags === tagsMax) return `has more than ${tagsMax} tags`;
    const close = source.indexOf('}}', open + 2);
    if (close < 0 || close - open > tagLengthMax) return `has an unclosed tag: ${source.slice(open, open + 40)}`;
    open = source.indexOf('{{', close + 2);
  }
  return null;
}

function findFaults(text: PromptText, declared: Declared, sections: string[] = []): string[] {
  if (sections.length > depthMax) return [`has sections more than ${depthMax} deep`];
  return text.flatMap((span) => {
    const inner = innerOf(span);
    const fault = faultOf(span, declared, sections);
    return [...(fault ? [fault] : []), ...(inner ? findFaults(inner, declared, [...sections, span[1]]) : [])];
  });
}

function faultOf([type, name]: PromptText[number], declared: Declared, sections: string[]): string | null {
  if (type === 'text' || type === '!') return null;
  if (type === '>' || type === '=') return `has a tag {{${type}${name}}}; only variables, sections and comments can be used`;
  if (name === '.') return sections.length > 0 ? null : 'has {{.}} outside a section';
  if (!declared.has(name)) return `has a tag {{${name}}}, which is not one of the variables`;
  const isNested = type === '#' && declared.isList(name) && sections.some((section) => declared.isList(section));
  return isNested ? `repeats {{#${name}}} inside another list` : null;
}

function innerOf(span: PromptText[number]): PromptText | null {
  const inner = span[4];
  return Array.isArray(inner) ? inner : null;
}

/** Mustache says which section is open and where it noticed. */
function wordsOf(error: unknown): string {
  const said = error instanceof Error ? error.message.replace(/ at \d+$/, '') : '';
  return `has an ${said.charAt(0).toLowerCase()}${said.slice(1)}`;
}

import type { Template } from '@sluice/client';

export type Variable = Template['variables']['properties'][string];
type Filled = { value: unknown; fault: null } | { fault: string };

/**
 * The value of a variable that a cell stands for, or why it cannot be that: what the server would say of the row, said before
 * anything is run. A cell is text; what the template wants is not always.
 */
export function fillVariable(cell: unknown, variable: Variable): Filled {
  const value = convert(cell, variable);
  if (value === undefined) return { fault: `must be of type ${variable.type}, and is ${JSON.stringify(cell)}` };
  const fault = findFault(value, variable);
  return fault === null ? { value, fault } : { fault: `${fault}, and is ${clip(JSON.stringify(cell))}` };
}

function convert(cell: unknown, variable: Variable): unknown {
  switch (variable.type) {
    case 'string':
      return typeof cell === 'string' ? cell : JSON.stringify(cell);
    case 'boolean':
      return booleans[(typeof cell === 'string' ? cell : JSON.stringify(cell)).trim().toLowerCase()];
    case 'array':
      return listOf(cell, variable.items.type);
    default:
      return numberOf(cell, variable.type);
  }
}

const booleans: Record<string, boolean> = { true: true, yes: true, '1': true, 是: true, false: false, no: false, '0': false, 否: false };

function numberOf(cell: unknown, type: 'number' | 'integer'): number | undefined {
  const number = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : cell;
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
  return type === 'integer' && !Number.isInteger(number) ? undefined : number;
}

/** A JSON array, or items with commas or semicolons between them. */
function listOf(cell: unknown, type: 'string' | 'number' | 'integer'): unknown[] | undefined {
  const list = typeof cell === 'string' ? splitList(cell) : cell;
  if (!Array.isArray(list)) return undefined;
  const items = list.map((item: unknown) => (type === 'string' ? String(item) : numberOf(item, type)));
  return items.includes(undefined) ? undefined : items;
}

function splitList(text: string): unknown {
  if (!text.trim().startsWith('[')) return text.split(/[,;，；、]/).map((item) => item.trim());
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findFault(value: unknown, variable: Variable): string | null {
  if (variable.type === 'boolean') return null;
  if (variable.type === 'array') {
    const wrong = (value as unknown[]).find((item) => !isChoice(item, variable.items.enum));
    if (wrong !== undefined) return `must hold only ${variable.items.enum?.join(', ')}`;
    return outside((value as unknown[]).length, variable.minItems, variable.maxItems, ' items');
  }
  if (!isChoice(value, variable.enum)) return `must be one of ${variable.enum?.join(', ')}`;
  if (variable.type === 'string') return outside(countLetters(String(value)), variable.minLength, variable.maxLength, ' characters');
  return outside(value as number, variable.minimum, variable.maximum, '');
}

/** As JSON Schema counts: a surrogate pair is one. */
const countLetters = (text: string): number => text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);

const isChoice = (value: unknown, choices: unknown[] | undefined): boolean => choices === undefined || choices.includes(value);

function outside(size: number, min = -Infinity, max = Infinity, unit = ''): string | null {
  if (size < min) return `must be at least ${min}${unit}`;
  return size > max ? `must be at most ${max}${unit}` : null;
}

const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

import { renderPrompt, variablesOf, type JobRequest, type Template } from '@sluice/client';
import { fillVariable } from './fill-variable.ts';
import type { InputRecord } from './read-records.ts';
import type { RequestSettings } from './run-settings.ts';

export type PlannedRow = { id: string; request: JobRequest; fault: null } | { fault: string };

/** Makes the job of a row, or says why it cannot. */
export type RowPlanner = (record: InputRecord) => PlannedRow;

/** Rows that wait in a long queue are not late. */
const deadlineS = 86_400;

export function createRowPlanner(settings: RequestSettings, template: Template | null): RowPlanner {
  const { prompt, system, model, maxTokens, temperature, idColumn } = settings;
  const params = { ...(maxTokens !== null && { max_tokens: maxTokens }), ...(temperature !== null && { temperature }) };
  const base = {
    ...(model !== null && { model }),
    ...(system !== null && { instructions: system }),
    ...(Object.keys(params).length > 0 && { params }),
    priority: 'batch' as const,
    deadline_s: deadlineS,
  };
  const ask = template ? createTemplateAsk(template, settings) : prompt !== null ? createPromptAsk(prompt, settings) : askOfRow;
  return (record) => {
    const { row, values, fault } = record;
    if (fault !== null) return { fault };
    const id = idColumn === null ? `row-${row}` : textOf(values[idColumn]);
    if (id === '') return { fault: `${idColumn} is empty, and it names the row` };
    const asked = ask(values);
    return 'fault' in asked ? asked : { id, request: { ...base, ...asked.request } as JobRequest, fault: null };
  };
}

type Ask = (values: Record<string, unknown>) => { request: object } | { fault: string };

const textOf = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function createPromptAsk(prompt: string, { map, vars }: RequestSettings): Ask {
  const names = variablesOf(prompt).filter((name) => !Object.hasOwn(vars, name));
  const columnOf = (name: string) => map[name] ?? name;
  return (values) => {
    const missing = names.filter((name) => !Object.hasOwn(values, columnOf(name)));
    if (missing.length > 0) return { fault: `has no ${missing.map(columnOf).join(', ')}` };
    const filled = Object.fromEntries(names.map((name) => [name, values[columnOf(name)]]));
    if (names.length > 0 && names.every((name) => textOf(filled[name]).trim() === ''))
      return { fault: `${names.map(columnOf).join(', ')} is empty` };
    return { request: { input: renderPrompt(prompt, { ...vars, ...filled }) } };
  };
}

/** Without a prompt a row says itself what it asks: `input`, or `messages` and whatever else a job takes. */
const askOfRow: Ask = (values) => {
  if (textOf(values['input']).trim() !== '') return { request: { ...values } };
  if (Array.isArray(values['messages'])) return { request: { ...values } };
  return { fault: 'has neither input nor messages; say what to ask with --prompt or --template' };
};

function createTemplateAsk({ id, version, variables }: Template, { map, vars }: RequestSettings): Ask {
  const { properties, required } = variables;
  return (values) => {
    const filled: Record<string, unknown> = {};
    for (const [name, variable] of Object.entries(properties)) {
      const column = map[name] ?? name;
      const cell = vars[name] ?? values[column];
      if (cell === undefined || cell === null || cell === '') {
        if (required.includes(name)) return { fault: `${column} is empty, and the template needs ${name}` };
        continue;
      }
      const cellOf = fillVariable(cell, variable);
      if (cellOf.fault !== null) return { fault: `${column} ${cellOf.fault}` };
      filled[name] = cellOf.value;
    }
    return { request: { template: `${id}@${version}`, variables: filled } };
  };
}

import { renderPrompt } from './render-prompt.ts';
import type { Templates } from './templates.ts';
import type { JobRequest } from './wire.ts';

export type RunRow = Record<string, unknown>;

type TextRequest = Extract<JobRequest, { template?: string | undefined }>;

/** What each row is asked: by a prompt with `{{names}}` of the row, by a template on the server, or by a function of your own. */
export type RowRequest<Row> =
  | ({ prompt: string } & Omit<TextRequest, 'input' | 'messages'>)
  | ({
      template: string;
      /** What is the same for every row. */
      variables?: RunRow;
      /** Variable -> the row's name for it, where that is another. */
      map?: Record<string, string>;
    } & Partial<Omit<TextRequest, 'input' | 'messages' | 'variables'>>)
  | { request: (row: Row, index: number) => JobRequest };

type RowPlanner<Row> = (row: Row, index: number) => JobRequest;

/** Makes the job of a row. A template is looked at once: a row may have more names than it has variables, and empty ones are left out. */
export async function createRowPlanner<Row extends RunRow>(
  templates: Templates,
  ask: RowRequest<Row>,
  signal?: AbortSignal,
): Promise<RowPlanner<Row>> {
  if ('request' in ask) return ask.request;
  if ('prompt' in ask) {
    const { prompt, ...rest } = ask;
    return (row) => ({ priority: 'batch', ...rest, input: renderPrompt(prompt, row) });
  }
  const { template, variables = {}, map = {}, ...rest } = ask;
  const { properties } = (await templates.get(template, signal ? { signal } : {})).variables;
  const columns = Object.keys(properties).map((name) => [name, map[name] ?? name] as const);
  return (row) => {
    const given = columns.map(([name, column]) => [name, row[column]] as const).filter(([, value]) => !isEmpty(value));
    return { priority: 'batch', ...rest, template, variables: { ...variables, ...Object.fromEntries(given) } } as TextRequest;
  };
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

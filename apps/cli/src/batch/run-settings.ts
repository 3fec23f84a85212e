/** What decides what is asked of a row. A run that goes on must have the same. */
export interface RequestSettings {
  prompt: string | null;
  system: string | null;
  template: string | null;
  /** Variable -> column. */
  map: Record<string, string>;
  /** Variables that are the same for every row. */
  vars: Record<string, string>;
  model: string | null;
  maxTokens: number | null;
  temperature: number | null;
  /** The column that names a row. */
  idColumn: string | null;
}

/** Everything that a run needs to know again when it goes on; only the request's part must stay the same. */
export interface RunSettings extends RequestSettings {
  input: string;
  format: string;
  encoding: string | null;
  out: string;
  concurrency: number;
  /** In credits; the run stops before it could cost more. */
  maxCost: string | null;
  shouldSkipBad: boolean;
}

export function requestSettingsOf({
  prompt,
  system,
  template,
  map,
  vars,
  model,
  maxTokens,
  temperature,
  idColumn,
}: RunSettings): RequestSettings {
  return { prompt, system, template, map, vars, model, maxTokens, temperature, idColumn };
}

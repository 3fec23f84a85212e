import type { Client, Model, Template } from '@sluice/client';
import { NotFoundError, variablesOf } from '@sluice/client';
import { CliError, exitCodes, usageError } from '../exit-codes.ts';
import { inspectFile, type InputFile } from './detect-encoding.ts';
import { createEstimator, type Estimator } from './estimate.ts';
import { createRowPlanner, type RowPlanner } from './plan-row.ts';
import { formatOf, readRecords, type InputFormat, type InputRecord } from './read-records.ts';
import type { RunSettings } from './run-settings.ts';
import type { Units } from './credits.ts';

/** A run that has been checked from end to end, before anything was submitted. */
export interface RunPlan {
  settings: RunSettings;
  file: InputFile;
  format: InputFormat;
  plan: RowPlanner;
  columns: string[];
  /** The version of the template that is asked, as `tpl_...@3`. */
  template: string | null;
  /** Rows that will be asked. */
  rows: number;
  faults: RowFault[];
  faultCount: number;
  estimate: Estimator;
  /** The most that all rows can cost. */
  worstCase: Units;
}

export interface RowFault {
  line: number;
  fault: string;
}

const faultsShown = 20;

/**
 * Reads the whole input and checks every row. A run that goes on gives the version of the template that it began with.
 * @throws CliError where the input or an option makes no sense for any row
 */
export async function planRun(client: Client, settings: RunSettings, frozenTemplate: string | null = null): Promise<RunPlan> {
  const format = formatOf(settings.input, settings.format || undefined);
  const file = await inspectFile(settings.input, settings.encoding ?? undefined);
  const template = settings.template === null ? null : await getTemplate(client, frozenTemplate ?? settings.template);
  const plan = createRowPlanner(settings, template);
  const checked: RunPlan = {
    settings,
    file,
    format,
    plan,
    columns: [],
    template: template && `${template.id}@${template.version}`,
    rows: 0,
    faults: [],
    faultCount: 0,
    estimate: () => 0,
    worstCase: 0,
  };
  const ids = new Map<string, number>();
  let estimates: Map<string, Estimator> | null = null;
  for await (const record of readRecords(file, format)) {
    if (!estimates) {
      checked.columns = Object.keys(record.values);
      checkColumns(settings, template, checked.columns, format);
      estimates = new Map();
    }
    const planned = plan(record);
    if (planned.fault !== null) {
      addFault(checked, record, planned.fault);
      continue;
    }
    const twin = ids.get(planned.id);
    if (settings.idColumn !== null) ids.set(planned.id, ids.get(planned.id) ?? record.line);
    if (twin !== undefined) {
      addFault(checked, record, `has the same ${settings.idColumn} as line ${twin}: ${JSON.stringify(planned.id)}`);
      continue;
    }
    const name = planned.request.model ?? '';
    const estimate = estimates.get(name) ?? (await estimatorOf(client, { name, template, record, plan }));
    estimates.set(name, estimate);
    checked.rows += 1;
    checked.worstCase += estimate(planned.request);
  }
  if (checked.rows + checked.faultCount === 0) throw usageError(`${settings.input} has no rows.`);
  checked.estimate = (request) => estimates?.get(request.model ?? '')?.(request) ?? 0;
  return checked;
}

function addFault(checked: RunPlan, { line }: InputRecord, fault: string): void {
  checked.faultCount += 1;
  if (checked.faults.length < faultsShown) checked.faults.push({ line, fault });
}

/** Names that are in no row are wrong for all of them. */
function checkColumns(
  { input, prompt, map, vars, idColumn }: RunSettings,
  template: Template | null,
  columns: string[],
  format: InputFormat,
): void {
  const has = format === 'jsonl' ? () => true : (name: string) => columns.includes(name);
  const there = `${input} has ${columns.join(', ')}.`;
  const variables = template ? Object.keys(template.variables.properties) : variablesOf(prompt ?? '');
  for (const [variable, column] of Object.entries(map)) {
    if (!variables.includes(variable))
      throw usageError(`--map ${variable}=${column}: there is no variable ${variable}; there are ${variables.join(', ') || 'none'}.`);
    if (!has(column)) throw usageError(`--map ${variable}=${column}: there is no column ${column}; ${there}`);
  }
  for (const name of Object.keys(vars)) {
    if (!variables.includes(name))
      throw usageError(`--var ${name}: there is no variable ${name}; there are ${variables.join(', ') || 'none'}.`);
  }
  if (idColumn !== null && !has(idColumn)) throw usageError(`--id ${idColumn}: there is no column ${idColumn}; ${there}`);
  const required = template ? template.variables.required : variables;
  const missing = required.filter((name) => !Object.hasOwn(vars, name) && !has(map[name] ?? name));
  const [first] = missing;
  if (first === undefined) return;
  const ways = `Say which column it is with --map ${first}=<column>, or give it for all rows with --var ${first}=<value>.`;
  throw usageError(`There is no column ${missing.join(', ')}; ${there} ${ways}`);
}

/** The version that jobs use, or the one that is named. What changes later does not change the run. */
async function getTemplate(client: Client, name: string): Promise<Template> {
  const found = await client.templates.get(name).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
    throw new CliError(`There is no template ${name}; \`sluice templates list\` shows those that there are.`, exitCodes.notFound);
  });
  const { id, slug, version, published_version: published } = found;
  if (name.includes('@') || version === published) return found;
  if (published === null) throw usageError(`${slug} is a draft. Publish it, or try the draft with --template ${slug}@${version}.`);
  return client.templates.get(`${id}@${published}`);
}

interface EstimatorParts {
  name: string;
  template: Template | null;
  record: InputRecord;
  plan: RowPlanner;
}

async function estimatorOf(client: Client, { name, template, record, plan }: EstimatorParts): Promise<Estimator> {
  if (!template) return createEstimator({ model: await getModel(client, name), inputTokens: 0, maxTokens: null });
  const planned = plan(record);
  const variables = planned.fault === null ? planned.request.variables : {};
  const ref = `${template.id}@${template.version}`;
  const rendered = await client.templates.render(ref, { variables: variables ?? {}, ...(name !== '' && { model: name }) });
  const model = await getModel(client, rendered.model);
  return createEstimator({ model, inputTokens: rendered.input_tokens, maxTokens: rendered.estimate?.max_output_tokens ?? null });
}

async function getModel(client: Client, name: string): Promise<Model> {
  if (name === '') throw usageError('Say which model to ask with --model. `sluice models` lists them.');
  try {
    return await client.models.get(name);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const models = await client.models.list();
    throw new CliError(`There is no model ${name}; there are ${models.map(({ id }) => id).join(', ')}.`, exitCodes.notFound);
  }
}

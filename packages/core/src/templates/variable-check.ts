import type { Fault, TemplateVariable, TemplateVariables, TemplateValues } from '@sluice/contract';
import { Ajv, type ErrorObject } from 'ajv';

const itemsMax = 1000;
const choicesShown = 10;

/** Fills in defaults and says everything that is wrong with values. */
export type VariableCheck = (given: TemplateValues) => { values: Record<string, unknown>; faults: Fault[] };

/**
 * Makes the check of a template's variables. A required text must not be empty, as the empty cell of a table would be. The schema
 * was checked by the contract: it holds no pattern, no format and no reference, so that nothing in it can be slow.
 */
export function createVariableCheck(schema: TemplateVariables): VariableCheck {
  const ajv = new Ajv({ strict: true, allErrors: true, useDefaults: true, validateSchema: false, verbose: true });
  ajv.addVocabulary(['title_zh', 'description_zh', 'multiline']);
  const validate = ajv.compile(boundedSchema(schema));
  return (given) => {
    const values: Record<string, unknown> = { ...given };
    return validate(values) ? { values, faults: [] } : { values, faults: (validate.errors ?? []).map(faultOf) };
  };
}

/** The faults of the defaults that a schema gives its own variables. */
export function findWrongDefaults(schema: TemplateVariables): Fault[] {
  const entries = Object.entries(schema.properties).filter(([, { default: value }]) => value !== undefined);
  const check = createVariableCheck({ ...schema, required: [] });
  const { faults } = check(Object.fromEntries(entries.map(([name, { default: value }]) => [name, value])));
  return faults.map(({ path, message }) => ({ path: path.replace(/^variables\.([^.]+)/, 'variables.properties.$1.default'), message }));
}

function boundedSchema(schema: TemplateVariables): object {
  const isRequired = new Set(schema.required);
  const properties = Object.entries(schema.properties).map(([name, variable]) => [name, bounded(variable, isRequired.has(name))]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

function bounded(variable: TemplateVariable, isRequired: boolean): object {
  if (variable.type === 'array') return { maxItems: itemsMax, ...variable };
  if (variable.type === 'string' && isRequired) return { minLength: 1, ...variable };
  return variable;
}

/** Names are letters, digits and `_`, so that a JSON pointer needs no unescaping, but for names that nobody declared. */
function faultOf({ instancePath, keyword, params, schema, message }: ErrorObject): Fault {
  const path = `variables${instancePath.replaceAll('/', '.')}`;
  if (keyword === 'required') return { path: `${path}.${String(params['missingProperty'])}`, message: 'is required' };
  if (keyword === 'additionalProperties') {
    return { path: `${path}.${String(params['additionalProperty']).slice(0, 64)}`, message: 'is not a variable of this template' };
  }
  if (keyword === 'minLength' && schema === 1) return { path, message: 'must not be empty' };
  if (keyword === 'enum' && Array.isArray(schema)) return { path, message: `must be one of ${listed(schema)}` };
  return { path, message: message ?? 'is wrong' };
}

function listed(choices: unknown[]): string {
  const shown = choices
    .slice(0, choicesShown)
    .map((choice) => JSON.stringify(choice))
    .join(', ');
  return choices.length > choicesShown ? `${shown} and ${choices.length - choicesShown} more` : shown;
}

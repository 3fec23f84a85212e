import type { Fault, TemplateOutput } from '@sluice/contract';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Schema = Record<string, unknown>;

/** What a provider is asked to answer in; null where any text will do. */
export function renderOutputFormat({ kind, schema }: TemplateOutput, slug: string): object | null {
  if (kind !== 'json') return null;
  if (!schema) return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: slug.replaceAll('-', '_'), strict: isStrict(schema), schema } };
}

/** The faults of an output's schema, which may use all of JSON Schema 2020-12. It is never run here. */
export function findOutputFaults({ schema }: TemplateOutput): Fault[] {
  if (!schema) return [];
  if (schema['type'] !== 'object')
    return [{ path: 'output.schema.type', message: 'must be object: providers answer no other kind of JSON' }];
  const { $schema: _, ...rest } = schema;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  if (ajv.validateSchema(rest)) return [];
  return (ajv.errors ?? []).slice(0, 20).map(({ instancePath, message }) => ({
    path: `output.schema${instancePath.replaceAll('/', '.')}`,
    message: message ?? 'is wrong',
  }));
}

/** Providers hold an answer to a schema only where every object closes its properties and requires all of them. */
function isStrict(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isStrict);
  if (!isSchema(value)) return true;
  const { properties, required, additionalProperties } = value;
  const isClosed = !isSchema(properties) || (additionalProperties === false && sameNames(Object.keys(properties), required));
  return isClosed && Object.values(value).every(isStrict);
}

function sameNames(names: string[], required: unknown): boolean {
  return Array.isArray(required) && required.length === names.length && names.every((name) => required.includes(name));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

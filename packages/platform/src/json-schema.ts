import type { Fault } from '@sluice/contract';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

/** As JSON. Compiling takes 1.3 ms of CPU for each 1,000 characters, and others wait meanwhile. */
export const jsonSchemaMaxLength = 32_768;

const errorsMax = 20;
const messageMaxLength = 200;

/** One for all: making it takes longer than most schemas. Formats say what is meant and are not checked. */
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  validateFormats: false,
  code: { optimize: false },
  logger: false,
});

/**
 * Makes the check of a JSON schema (2020-12) of somebody else's. Compiling runs nothing of it, so it can be done anywhere; the check
 * itself can be slow on purpose (patterns, references that multiply) and belongs in a thread of its own.
 * @throws Error that says what is wrong with the schema
 */
function compileJsonSchema(schema: object): ValidateFunction {
  const { $schema: _, $id: __, ...rest } = schema as Record<string, unknown>;
  if (JSON.stringify(rest).length > jsonSchemaMaxLength) throw new Error(`must have at most ${jsonSchemaMaxLength} characters`);
  try {
    return ajv.compile(rest);
  } finally {
    // It would be remembered for good.
    ajv.removeSchema(rest);
  }
}

/** What is wrong with a schema itself; null when it can be used. */
export function findSchemaFault(schema: object): string | null {
  try {
    compileJsonSchema(schema);
    return null;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).slice(0, 500);
  }
}

/** Checks texts against one schema. Each answers everything that is wrong with a text, at most 20 faults; none for one that fits. */
export function createJsonCheck(schema: object): (text: string) => Fault[] {
  const validate = compileJsonSchema(schema);
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return [{ path: '', message: 'is not JSON' }];
    }
    return validate(value) ? [] : (validate.errors ?? []).slice(0, errorsMax).map(faultOf);
  };
}

function faultOf({ instancePath, keyword, params, message = 'is wrong' }: ErrorObject): Fault {
  const path = instancePath.slice(1).replaceAll('/', '.').slice(0, messageMaxLength);
  const name = keyword === 'additionalProperties' ? `: ${String(params['additionalProperty'])}` : '';
  const choices = keyword === 'enum' ? `: ${JSON.stringify(params['allowedValues'])}` : '';
  return { path, message: `${message}${name}${choices}`.slice(0, messageMaxLength) };
}

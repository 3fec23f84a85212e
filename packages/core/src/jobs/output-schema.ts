import type { JobParams, OutputCheck } from '@sluice/contract';
import { findSchemaFault, invalidRequest } from '@sluice/platform';
import { createHash } from 'node:crypto';

const verdictsMax = 1000;

/** Of schemas that were looked at, by their hash: scripts send the same one again and again. */
const verdicts = new Map<string, string | null>();

/** The schema that an answer has to fit; null where none was given. */
export function outputSchemaOf({ response_format: format }: Pick<JobParams, 'response_format'>): object | null {
  const given = format as { type?: unknown; json_schema?: { schema?: unknown } | null } | null | undefined;
  const schema = given?.type === 'json_schema' ? given.json_schema?.schema : null;
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? schema : null;
}

/**
 * Refuses a schema that no answer could be checked against, before anything is paid for.
 * @throws AppError invalid_request
 */
export function refuseWrongSchema(params: JobParams, check: OutputCheck | undefined): void {
  const schema = outputSchemaOf(params);
  if (!schema && check)
    throw invalidRequest([{ path: 'output_check', message: 'needs a response_format of the type json_schema with a schema' }]);
  const fault = schema && verdictOf(schema);
  if (fault) throw invalidRequest([{ path: 'params.response_format.json_schema.schema', message: fault }]);
}

function verdictOf(schema: object): string | null {
  const hash = createHash('sha256').update(JSON.stringify(schema)).digest('base64');
  const known = verdicts.get(hash);
  if (known !== undefined) return known;
  const verdict = findSchemaFault(schema);
  if (verdicts.size >= verdictsMax) verdicts.clear();
  verdicts.set(hash, verdict);
  return verdict;
}

import { outputSchemaOf, textOutputOf } from '@sluice/core';
import type { AttemptFacts } from './plan-finish.ts';
import type { WorkerState } from './worker-state.ts';

/** Marks a whole answer that was asked in a JSON schema with whether it fits; everything else stays as it is. */
export async function checkOutput({ outputChecker }: Pick<WorkerState, 'outputChecker'>, facts: AttemptFacts): Promise<AttemptFacts> {
  const { job, result } = facts;
  const output = textOutputOf(facts.output);
  const schema = job.kind === 'text' ? outputSchemaOf(job.request.params) : null;
  if (!schema || !output || result.type !== 'finished' || result.reason !== 'stop') return facts;
  const faults = await outputChecker.check(schema, output.text);
  const verdict = faults === null ? { schema_valid: null } : { schema_valid: faults.length === 0 };
  return { ...facts, output: { ...output, ...verdict, ...(faults && faults.length > 0 && { schema_errors: faults }) } };
}

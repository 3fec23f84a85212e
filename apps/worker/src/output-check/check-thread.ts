import { createJsonCheck } from '@sluice/platform';
import { parentPort } from 'node:worker_threads';

/** One text to check. */
export interface CheckRequest {
  /** The schema as JSON: the same text is compiled once. */
  schema: string;
  text: string;
}

const checksMax = 100;
const checks = new Map<string, ReturnType<typeof createJsonCheck>>();

/** A thread, because a schema of somebody else's may hold patterns and references that take for ever: it can be ended from outside. */
parentPort?.on('message', ({ schema, text }: CheckRequest) => {
  parentPort?.postMessage(checkOf(schema)(text));
});

// The first schema takes longest; only then is it ready.
parentPort?.postMessage(checkOf('{}')('{}'));

function checkOf(schema: string): ReturnType<typeof createJsonCheck> {
  const check = checks.get(schema) ?? createJsonCheck(JSON.parse(schema) as object);
  if (checks.size >= checksMax) checks.clear();
  checks.set(schema, check);
  return check;
}

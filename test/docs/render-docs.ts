import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '@sluice/contract';
import { Settings } from '@sluice/platform';
import { renderFailures } from './render-failures.ts';

/** The pages that are made from the code; `npm run docs` writes them, and a test compares. */
export const renderedDocs: Record<string, () => string> = {
  'docs/configuration.md': renderConfiguration,
  'docs/errors.md': renderErrors,
  'docs/failures.md': renderFailures,
};

function renderConfiguration(): string {
  const rows = Object.entries(Settings.shape).map(([name, schema]) => {
    const initial = schema.safeParse(undefined).data;
    const shown = initial === undefined || Array.isArray(initial) ? '' : `\`${initial}\``;
    return `| \`${name}\` | ${shown} | ${schema.meta()?.description ?? ''} |`;
  });
  return `# Settings

Every setting is an environment variable; an empty one counts as unset. A wrong one stops the start with every fault listed.
\`DATABASE_URL\` and \`REDIS_URL\` both set: distributed. Neither: embedded, with a PostgreSQL of its own. \`DATABASE_URL\` alone: embedded on your PostgreSQL.
A vendor whose key is set (\`OPENAI_API_KEY\`, \`DEEPSEEK_API_KEY\`, \`DASHSCOPE_API_KEY\`, ...) is set up at the start, with its models and list prices.

| name | default | meaning |
|---|---|---|
${rows.join('\n')}
`;
}

function renderErrors(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, type, meaning }]) => `| \`${code}\` | ${status} | \`${type}\` | ${meaning} |`,
  );
  return `# Errors

Every answer that is not 2xx has this body. \`errors\` lists every fault of the request with its path; \`request_id\` finds the request in the log.

\`\`\`json
{ "error": { "message": "...", "type": "...", "code": "...", "param": null }, "request_id": "req_...", "errors": [{ "path": "params.temperature", "message": "..." }] }
\`\`\`

What belongs to somebody else answers the same \`not_found\` as what does not exist. A 429 and a 503 carry \`Retry-After\` (seconds) and \`retry-after-ms\`.
The last five codes are not answered to a request: they stand in the \`error\` of a job that failed.

| code | status | type | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, render] of Object.entries(renderedDocs)) writeFileSync(join(import.meta.dirname, '../..', path), render());
}

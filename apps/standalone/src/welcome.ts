import type { Secrets } from './read-secrets.ts';

interface Welcome {
  url: string;
  secrets: Secrets & { path: string; isFirstStart: boolean };
}

/** What a newcomer pastes next: ask and stream, ask with the official SDK, read the docs. */
export function renderWelcome({ url, secrets }: Welcome): string {
  const { adminEmail, adminPassword, adminApiKey, path, isFirstStart } = secrets;
  const key = isFirstStart ? adminApiKey : `$(node -p "require('${path}').adminApiKey")`;
  const firstStart = `
The first administrator (shown only now; kept in ${path}):
  e-mail    ${adminEmail}
  password  ${adminPassword}
  API key   ${adminApiKey}
`;
  return `${isFirstStart ? firstStart : ''}
Try it in another terminal:

export SLUICE_API_KEY=${key}

# 1. Ask, and watch the answer come
curl -sN "${url}$(curl -s ${url}/v1/jobs -H "Authorization: Bearer $SLUICE_API_KEY" -H 'Content-Type: application/json' \\
  -d '{"model":"sluice-sim","input":"Why do queues make systems calm?"}' | sed 's/.*"id":"\\(job_[a-z0-9]*\\)".*/\\/v1\\/jobs\\/\\1\\/events/')" -H "Authorization: Bearer $SLUICE_API_KEY"

# 2. Ask and wait, from a script
node -e 'fetch("${url}/v1/jobs?wait=60",{method:"POST",headers:{Authorization:"Bearer "+process.env.SLUICE_API_KEY,"Content-Type":"application/json"},body:JSON.stringify({model:"sluice-sim",input:"Name three rivers."})}).then(r=>r.json()).then(job=>console.log(job.output.text, job.billing))'

# 3. Read the API
open ${url}/docs 2>/dev/null || xdg-open ${url}/docs
`;
}

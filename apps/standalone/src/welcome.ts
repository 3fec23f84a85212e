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
JOB=$(curl -s ${url}/v1/jobs -H "Authorization: Bearer $SLUICE_API_KEY" -H 'Content-Type: application/json' \\
  -d '{"model":"sluice-sim","input":"Why do queues make systems calm?"}' | grep -o 'job_[a-z0-9]*' | head -1)
curl -N ${url}/v1/jobs/$JOB/events -H "Authorization: Bearer $SLUICE_API_KEY"

# 2. Ask with the official openai package
mkdir -p /tmp/sluice-try && cd /tmp/sluice-try && npm install --silent openai && node --input-type=module -e '
import OpenAI from "openai";
const client = new OpenAI({ baseURL: "${url}/v1", apiKey: process.env.SLUICE_API_KEY });
const answer = await client.chat.completions.create({ model: "sluice-sim", messages: [{ role: "user", content: "Name three rivers." }] });
console.log(answer.choices[0].message.content, answer.usage);'

# 3. Read the API, in a browser
${url}/docs
`;
}

import { createAccount, type Account } from './account.ts';
import { createAsk, type Ask } from './ask.ts';
import { createBatches, type Batches } from './batches.ts';
import { createReaders, type Readers } from './embed.ts';
import { readEnvironment } from './environment.ts';
import { createFiles, type Files } from './files.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createProviderKeys, type ProviderKeys } from './provider-keys.ts';
import { createTemplates, type Templates } from './templates.ts';
import { createTransport, type Transport } from './transport.ts';
import { webhooks, type Webhooks } from './webhooks.ts';

export interface ClientOptions {
  /** Where Sluice is; in Node SLUICE_URL, else `http://127.0.0.1:8080`. */
  url?: string;
  /** An API key or an access token, or what gives the present one; in Node SLUICE_API_KEY unless set. */
  apiKey?: string | (() => string | Promise<string>);
  /** How often a request that failed in passing is sent again; 2 unless set. */
  maxRetries?: number;
  /** For one try, in milliseconds; 60,000 unless set. */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

export interface Client extends Account, Readers {
  url: string;
  ask: Ask;
  jobs: Jobs;
  batches: Batches;
  files: Files;
  providerKeys: ProviderKeys;
  templates: Templates;
  webhooks: Webhooks;
  /** For routes that have no method here. */
  transport: Transport;
}

/** A client of one server with one credential. It holds no connection, so there is nothing to close. */
export function createClient(options: ClientOptions = {}): Client {
  const url = options.url ?? readEnvironment('SLUICE_URL') ?? 'http://127.0.0.1:8080';
  const transport = createTransport({
    url,
    apiKey: options.apiKey ?? readEnvironment('SLUICE_API_KEY'),
    maxRetries: options.maxRetries ?? 2,
    timeoutMs: options.timeoutMs ?? 60_000,
    // A browser's fetch must be called on the window.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  });
  const jobs = createJobs(transport);
  const templates = createTemplates(transport);
  return {
    url,
    ask: createAsk(jobs),
    jobs,
    batches: createBatches(transport, { jobs, templates }),
    files: createFiles(transport),
    providerKeys: createProviderKeys(transport),
    templates,
    webhooks,
    transport,
    ...createReaders(jobs),
    ...createAccount(transport),
  };
}

import { createPages, type PageQuery, type Pages } from './pages.ts';
import { readLines } from './read-lines.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { AuditReport, Me, Model, Transfer, UsageRecord, UsageReport, Wallet } from './wire.ts';

export interface Models {
  list(options?: CallOptions): Promise<Model[]>;
  get(model: string, options?: CallOptions): Promise<Model>;
}

export interface WalletResource {
  get(options?: CallOptions): Promise<Wallet>;
  transfers(query?: PageQuery, options?: CallOptions): Pages<Transfer>;
}

/** Days or times, such as `2026-01-31`; the last 30 days unless set. */
export interface UsageWindow {
  from?: string;
  to?: string;
}

export interface UsageResource {
  /** Sums by `group_by`: `day` unless set, or several of day, model and template, separated by commas. */
  report(query?: UsageWindow & { group_by?: string }, options?: CallOptions): Promise<UsageReport>;
  /** Every settled job, as a stream. */
  records(query?: UsageWindow, options?: CallOptions): AsyncGenerator<UsageRecord, void, undefined>;
}

export interface Admin {
  /** Runs the proofs that the money agrees. Needs the role and a key with `admin:read`. */
  audit(options?: CallOptions): Promise<AuditReport>;
}

export interface Account {
  models: Models;
  wallet: WalletResource;
  usage: UsageResource;
  admin: Admin;
  me(options?: CallOptions): Promise<Me>;
}

/** What there is beside jobs: who one is, what may be asked, what it cost. */
export function createAccount(transport: Transport): Account {
  return {
    models: {
      list: async (options) => (await transport.json<{ data: Model[] }>({ ...options, path: '/v1/models' })).data,
      get: (model, options) => transport.json({ ...options, path: `/v1/models/${encodeURIComponent(model)}` }),
    },
    wallet: {
      get: (options) => transport.json({ ...options, path: '/v1/wallet' }),
      transfers: (query, options) => createPages<Transfer>(transport, '/v1/wallet/transfers', query, options),
    },
    usage: {
      report: (query, options) => transport.json({ ...options, path: '/v1/usage', ...(query && { query }) }),
      async *records(query, options) {
        const response = await transport.open({ ...options, path: '/v1/usage/records', query: { ...query, format: 'jsonl' } });
        for await (const line of readLines(response)) yield JSON.parse(line) as UsageRecord;
      },
    },
    admin: { audit: (options) => transport.json({ ...options, path: '/v1/admin/audit' }) },
    me: (options) => transport.json({ ...options, path: '/v1/me' }),
  };
}

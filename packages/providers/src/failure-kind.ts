import type { FailureKind, ProviderQuirks } from '@sluice/contract';
import type { VendorError } from './vendor-error.ts';

/** Codes that are numbers and say nothing by themselves: GLM (in `error.code`), MiniMax (in `base_resp`), Spark (flat). */
const kindsByCode = new Map<string, FailureKind>([
  ['1113', 'quota'],
  ['1261', 'context_too_long'],
  ['1301', 'content_filtered'],
  ['1302', 'rate_limited'],
  ['1303', 'rate_limited'],
  ['1305', 'overloaded'],
  ['base_resp.1002', 'rate_limited'],
  ['base_resp.1004', 'auth'],
  ['base_resp.1008', 'quota'],
  ['base_resp.1026', 'content_filtered'],
  ['base_resp.1027', 'content_filtered'],
  ['base_resp.1039', 'context_too_long'],
  ['base_resp.1041', 'rate_limited'],
  ['base_resp.2045', 'rate_limited'],
  ['base_resp.2049', 'auth'],
  ['10013', 'content_filtered'],
  ['10014', 'content_filtered'],
  ['10019', 'content_filtered'],
  ['11200', 'quota'],
]);

interface WordRule {
  kind: FailureKind;
  words: RegExp;
  /** The statuses under which the words are believed, besides none at all. */
  statuses: number[];
}

/** Words that say more than the status does. The first that fits decides. */
const wordRules: WordRule[] = [
  {
    kind: 'content_filtered',
    words:
      /content_filter|content_?policy|data_?inspection_?failed|content exists risk|responsible_?ai|safety review|sensitive_?content|prohibited_content|censorship|moderation_blocked/i,
    statuses: [400, 403, 422],
  },
  {
    kind: 'context_too_long',
    words:
      /context_length|context[ _-]?(length|window|size)|maximum (context|prompt)|prompt is too long|input is too long|too many (input )?tokens|model token limit|exceeds? the (maximum|limit).{0,40}tokens|range of input length/i,
    statuses: [400, 413, 422],
  },
  {
    kind: 'quota',
    words:
      /insufficient[ _](quota|balance|credit|fund)|billing_|arrearage|overdue|no balance|out of credits|not enough (balance|credit)|欠费|余额不足/i,
    statuses: [400, 403, 429],
  },
  {
    kind: 'auth',
    words:
      /invalid[ _]api[ _]?key|incorrect api key|api key not valid|invalid_?authentication|authentication_?error|unauthorized|permission_denied/i,
    statuses: [400],
  },
  {
    kind: 'overloaded',
    words: /overloaded|at capacity|server.?busy|service_?unavailable|temporarily unavailable/i,
    statuses: [429, 500, 502],
  },
  { kind: 'rate_limited', words: /rate.?limit|too.?many.?requests|throttl|resource_exhausted|quota exceeded/i, statuses: [] },
  { kind: 'bad_request', words: /invalid_?(request|parameter)|missing_?parameter|not_found|unsupported/i, statuses: [] },
];

/** Decides what a vendor's refusal is, by its code, then its words, then its status; null when nothing tells. */
export function decideFailureKind(status: number | undefined, error: VendorError | null, quirks: ProviderQuirks): FailureKind | null {
  if (isFiltered(status, error, quirks)) return 'content_filtered';
  const known = kindsByCode.get(error?.code ?? '');
  if (known && (status === undefined || status < 500)) return known;
  const said = error ? `${error.code}\n${error.type}\n${error.message}` : '';
  const rule = wordRules.find(({ words, statuses }) => (status === undefined || statuses.includes(status)) && words.test(said));
  return rule?.kind ?? kindOfStatus(status);
}

function isFiltered(
  status: number | undefined,
  error: VendorError | null,
  { contentFilterStatus, contentFilterCodes }: ProviderQuirks,
): boolean {
  if (status !== undefined && status === contentFilterStatus) return true;
  return error !== null && (contentFilterCodes.includes(error.code) || contentFilterCodes.includes(error.type));
}

function kindOfStatus(status: number | undefined): FailureKind | null {
  if (status === undefined || status < 300) return null;
  // A redirect is never followed: it would carry the key and the prompt to a place that no administrator named.
  if (status < 400) return 'malformed';
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'quota';
  if (status === 429) return 'rate_limited';
  if (status === 451) return 'content_filtered';
  if (status === 503 || status === 529) return 'overloaded';
  return status >= 500 || status === 408 ? 'server_error' : 'bad_request';
}

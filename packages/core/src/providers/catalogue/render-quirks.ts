import { usualQuirks, type FailureKind, type FinishReason, type ProviderQuirks } from '@sluice/contract';
import type { CatalogueProvider } from './catalogue-provider.ts';

/** What the catalogue's classes of finish reasons are to us; a class that is not here is a finish reason of ours. */
const faultClasses: Record<string, FailureKind> = { provider_error: 'server_error', retryable_provider_error: 'overloaded' };
const ends: Record<string, FinishReason> = { stop: 'stop', length: 'length', content_filter: 'content_filter', tool_calls: 'tool_calls' };

/** Statuses that can mean a content filter and nothing else; the others are shared with wrong parameters and good answers. */
const tellingStatuses = [403, 451];

/** A vendor's departures from the protocol, as the catalogue's fields declare them. */
export function renderQuirks(vendor: CatalogueProvider): ProviderQuirks {
  const { max_tokens_param: limit, stream_usage: usage, content_filter: filter, finish_reason_map: words } = vendor;
  return {
    maxTokensParam: limit === 'max_completion_tokens' ? limit : 'max_tokens',
    usageRequest: usage.works === 'yes' || usage.works === 'always' ? 'send' : 'omit',
    reasoningFields: reasoningFieldsOf(vendor),
    reasoningTokens: vendor.reasoning_tokens ?? 'included',
    finishWords: finishWordsOf(vendor),
    unknownFinish: Object.values(words).some((word) => word in faultClasses) ? 'fault' : 'stop',
    contentFilterStatus: tellingStatuses.find((status) => status === filter.http_status) ?? null,
    contentFilterCodes: filter.error_codes.flatMap(codesOf),
    embeddingEncoding: vendor.embedding_base64 ? 'base64' : 'unsaid',
    keyHeader: keyHeaderOf(vendor),
  };
}

/** The field that the catalogue names comes first; the usual ones follow, since self-hosted servers change theirs with versions. */
function reasoningFieldsOf({ reasoning }: CatalogueProvider): string[] {
  const named = (reasoning.response_field ?? '').match(/\breasoning(_content)?\b/g) ?? [];
  return [...new Set([...named, ...usualQuirks.reasoningFields])];
}

function finishWordsOf({ finish_reason_map: words, content_filter: filter }: CatalogueProvider): ProviderQuirks['finishWords'] {
  const filtered = filter.finish_reasons.map((word) => [word.toLowerCase(), 'content_filter'] as const);
  const mapped = Object.entries(words).map(([word, to]) => [word.toLowerCase(), readClass(to)] as const);
  return Object.fromEntries([...filtered, ...mapped]);
}

function readClass(name: string): FinishReason | FailureKind {
  const known = ends[name] ?? faultClasses[name];
  if (!known) throw new Error(`the catalogue maps a finish reason to ${name}, which is nothing`);
  return known;
}

/** A code stands in front of its explanation; two may stand side by side. Words of a message are the adapter's to find. */
function codesOf(text: string): string[] {
  const codes = text.replace(/\(.*/, '').split('/');
  return codes.map((code) => code.trim()).filter((code) => /^[\w.-]+$/.test(code));
}

function keyHeaderOf({ auth }: CatalogueProvider): ProviderQuirks['keyHeader'] {
  return auth.style === 'api_key_header'
    ? { name: auth.header.toLowerCase(), prefix: auth.value.replace('{api_key}', '') }
    : usualQuirks.keyHeader;
}

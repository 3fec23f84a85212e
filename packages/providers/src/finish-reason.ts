import type { FailureKind, FinishReason } from '@sluice/contract';

/** Maps and not objects: a vendor may say `constructor`. */
const reasons = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['content_filter', 'content_filter'],
  ['sensitive', 'content_filter'],
]);

/** Words that stand where a finish reason should, and mean that the vendor broke off. */
const breaks = new Map<string, FailureKind>([
  ['error', 'server_error'],
  ['abort', 'server_error'],
  ['network_error', 'server_error'],
  ['insufficient_system_resource', 'overloaded'],
]);

/** Maps a vendor's finish reason. A word that nobody knows ends the answer like `stop`: it is an end that the vendor chose. */
export function readFinishReason(word: string): { reason: FinishReason } | { broke: FailureKind } {
  const known = word.toLowerCase();
  const broke = breaks.get(known);
  return broke ? { broke } : { reason: reasons.get(known) ?? 'stop' };
}

import { FinishReason, usualQuirks, type FailureKind, type ProviderQuirks } from '@sluice/contract';

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

/**
 * Maps a vendor's finish reason: by its own words first. A word that nobody knows ends the answer like `stop`, as an end that the
 * vendor chose; but it is a fault with vendors that tell their faults this way.
 */
export function readFinishReason(
  word: string,
  { finishWords, unknownFinish }: Pick<ProviderQuirks, 'finishWords' | 'unknownFinish'> = usualQuirks,
): { reason: FinishReason } | { broke: FailureKind } {
  const known = word.toLowerCase();
  const own = Object.hasOwn(finishWords, known) ? finishWords[known] : undefined;
  const meaning = own ?? breaks.get(known) ?? reasons.get(known) ?? (unknownFinish === 'fault' ? 'server_error' : 'stop');
  const reason = FinishReason.safeParse(meaning);
  return reason.success ? { reason: reason.data } : { broke: meaning as FailureKind };
}

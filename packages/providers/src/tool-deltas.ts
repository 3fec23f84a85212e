import { toStorable } from '@sluice/contract';
import type { ProviderEvent } from './chat-call.ts';
import type { ToolDelta } from './chunk-events.ts';
import { createStorableText, type StorableText } from './storable-text.ts';

type ToolEvent = Extract<ProviderEvent, { type: 'tool-delta' }>;

interface Tool {
  id: string;
  name: string;
  arguments: StorableText;
}

export interface ToolDeltas {
  take(delta: ToolDelta): ToolEvent[];
  /** What was kept back of the arguments. */
  end(): ToolEvent[];
}

/**
 * Follows the tool calls of one answer. A delta without an index belongs to the call of its id: a new id begins a new call, no
 * id goes on with the latest one (Mistral and MiniMax send no index, GLM-4.5 sends -1). A call's id and name are told once,
 * however often a vendor repeats them.
 */
export function createToolDeltas(): ToolDeltas {
  const tools = new Map<number, Tool>();
  let latest = -1;

  function indexOf({ index, id }: ToolDelta): number {
    if (index !== null) return index;
    const known = [...tools].find(([, tool]) => id !== '' && tool.id === id);
    if (known) return known[0];
    return id !== '' || latest < 0 ? Math.max(-1, ...tools.keys()) + 1 : latest;
  }

  return {
    take(delta) {
      const index = indexOf(delta);
      const tool = tools.get(index) ?? { id: '', name: '', arguments: createStorableText() };
      tools.set(index, tool);
      latest = index;
      const event: ToolEvent = { type: 'tool-delta', index, arguments: tool.arguments.push(delta.arguments) };
      if (!tool.id && delta.id) event.id = tool.id = toStorable(delta.id);
      if (!tool.name && delta.name) event.name = tool.name = toStorable(delta.name);
      return event.id || event.name || event.arguments ? [event] : [];
    },
    end: () =>
      [...tools].flatMap(([index, tool]) => {
        const rest = tool.arguments.end();
        return rest ? [{ type: 'tool-delta' as const, index, arguments: rest }] : [];
      }),
  };
}

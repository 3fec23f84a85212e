import type { FinishReason } from './failure.ts';
import type { JobEvent } from './job-events.ts';
import type { JobOutput, ToolCall } from './jobs.ts';

/** Gathers an answer from its events, as the worker stores it and as a reader sees it. */
export interface OutputFold {
  add(event: JobEvent): void;
  hasOutput(): boolean;
  render(finishReason: FinishReason | null): JobOutput;
}

type ToolDelta = Extract<JobEvent, { type: 'tool-delta' }>;

export function createOutputFold(): OutputFold {
  let text: string[] = [];
  let reasoning: string[] = [];
  let tools = new Map<number, ToolCall>();

  function addTool({ index, id, name, arguments: more }: ToolDelta): void {
    const before = tools.get(index) ?? { id: '', name: '', arguments: '' };
    tools.set(index, { id: id ?? before.id, name: name ?? before.name, arguments: before.arguments + more });
  }

  return {
    add(event) {
      if (event.type === 'text-delta') text.push(event.delta);
      else if (event.type === 'reasoning-delta') reasoning.push(event.delta);
      else if (event.type === 'tool-delta') addTool(event);
      // A new attempt takes back what the one before it said.
      else if (event.type === 'attempt-start') [text, reasoning, tools] = [[], [], new Map()];
    },
    hasOutput: () => text.length + reasoning.length + tools.size > 0,
    render: (finishReason) => ({
      text: text.join(''),
      reasoning: reasoning.length > 0 ? reasoning.join('') : null,
      tool_calls: [...tools.entries()].sort(([a], [b]) => a - b).map(([, call]) => call),
      finish_reason: finishReason,
    }),
  };
}

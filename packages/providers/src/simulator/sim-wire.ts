import type { SimAnswer, SimPiece, SimToolDelta } from './sim-plan.ts';

/** Writes the chunks of one answer, as OpenAI words them. */
export interface SimWire {
  role(): string;
  piece(piece: SimPiece): string;
  /** The finish reason, the usage and `[DONE]`. */
  end(): string;
  /** The whole answer, for a request that is no stream. */
  whole(): string;
}

export const keepAlive = ': keep-alive\n\n';
export const garbage = 'data: {"id":"chatcmpl-sim","choices":[{"index":0,"delta":{"content":"\n\n';

interface SimWireParts {
  id: number;
  model: string;
  answer: SimAnswer;
  /** Seconds since 1970. */
  createdS: number;
}

export function createSimWire({ id, model, answer, createdS }: SimWireParts): SimWire {
  const { usage, isUsageEvery, isStamped, finishReason } = answer;
  const named = `"id":"chatcmpl-sim-${id}","created":${createdS},"model":${JSON.stringify(model)}`;
  const start = `data: {${named},"object":"chat.completion.chunk","choices":`;
  const counted = isUsageEvery && usage ? `,"usage":${JSON.stringify(usage)}` : '';

  const chunk = (delta: string, reason: string) => `${start}[{"index":0,"delta":${delta},"finish_reason":${reason}}]${counted}}\n\n`;
  return {
    role: () => chunk('{"role":"assistant","content":""}', 'null'),
    piece: (piece) => chunk(isStamped ? `{"content":"${stamp()} "}` : JSON.stringify(piece), 'null'),
    end() {
      const counts = usage && !isUsageEvery ? `${start}[],"usage":${JSON.stringify(usage)}}\n\n` : '';
      return `${chunk('{}', JSON.stringify(finishReason))}${counts}data: [DONE]\n\n`;
    },
    whole() {
      const choice = { index: 0, message: joinPieces(answer.pieces), finish_reason: finishReason };
      return `{${named},"object":"chat.completion","choices":[${JSON.stringify(choice)}]${usage ? `,"usage":${JSON.stringify(usage)}` : ''}}`;
    },
  };
}

/** The time to the microsecond, in milliseconds since 1970. */
function stamp(): string {
  return (performance.timeOrigin + performance.now()).toFixed(3);
}

interface WholeMessage {
  role: 'assistant';
  content: string;
  reasoning_content?: string;
  tool_calls?: WholeToolCall[];
}

interface WholeToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

function joinPieces(pieces: SimPiece[]): WholeMessage {
  const message: WholeMessage = { role: 'assistant', content: '' };
  for (const piece of pieces) {
    if ('content' in piece) message.content += piece.content;
    else if ('reasoning_content' in piece) message.reasoning_content = (message.reasoning_content ?? '') + piece.reasoning_content;
    else addToolCall((message.tool_calls ??= []), piece.tool_calls);
  }
  return message;
}

function addToolCall(calls: WholeToolCall[], deltas: SimToolDelta[]): void {
  for (const { index, id, function: call } of deltas) {
    const known = (calls[index] ??= { id: id ?? '', type: 'function', function: { name: call.name ?? '', arguments: '' } });
    known.function.arguments += call.arguments;
  }
}

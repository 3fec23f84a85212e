import { Agent, type Dispatcher } from 'undici';
import type { ChatCall, ChatFinish, ProviderEvent } from './chat-call.ts';
import { askWhole } from './ask-whole.ts';
import { listVendorModels, type ModelListCall, type VendorModel } from './list-models.ts';
import { streamAnswer } from './stream-answer.ts';
import type { WholeAnswer, WholeCall } from './whole-call.ts';

export interface ChatClient {
  /**
   * Asks a provider and tells its answer as it comes, in the very callback that read its bytes. Resolves when the answer is whole;
   * an aborted signal closes the provider's socket at once, and so does a throw of `onEvent`, which is thrown on.
   * @throws ProviderFailure for whatever else happens, `cancelled` when the signal was aborted
   */
  chat(call: ChatCall, listening: ChatListening): Promise<ChatFinish>;
  /** Asks for embeddings, ranks or a moderation. An aborted signal closes the socket at once. @throws ProviderFailure */
  ask(call: WholeCall, signal: AbortSignal): Promise<WholeAnswer>;
  /** The models that a provider says it has. @throws ProviderFailure */
  models(call: ModelListCall, signal: AbortSignal): Promise<VendorModel[]>;
  /** Closes all connections, those of calls under way included. */
  close(): Promise<void>;
}

export interface ChatListening {
  signal: AbortSignal;
  onEvent: (event: ProviderEvent) => void;
}

interface ChatClientParts {
  /** Makes the connections, with a connect timeout of its own; unset = a pool of ours. The caller closes it. */
  dispatcher?: Dispatcher;
}

/** To one origin. A lane runs 200 calls at once unless told otherwise; calls beyond wait, and their first-token timer runs. */
const connectionsMax = 1000;
const listConnectMs = 10_000;

/** Opens the way out to providers. Nothing connects before the first call. */
export function createChatClient({ dispatcher }: ChatClientParts = {}): ChatClient {
  const agents = new Map<number, Agent>();

  /** undici knows one connect timeout an agent; there are as many as settings differ, and mostly one. */
  function agentFor(connectMs: number): Agent {
    const agent = agents.get(connectMs) ?? createAgent(connectMs);
    agents.set(connectMs, agent);
    return agent;
  }

  return {
    chat: (call, listening) =>
      streamAnswer(call, { dispatcher: dispatcher ?? agentFor(call.timeouts.connectMs), nowMs: Date.now, ...listening }),
    ask: (call, signal) => askWhole(call, { dispatcher: dispatcher ?? agentFor(call.timeouts.connectMs), signal, nowMs: Date.now }),
    models: (call, signal) => listVendorModels(call, { dispatcher: dispatcher ?? agentFor(listConnectMs), signal, nowMs: Date.now() }),
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

function createAgent(connectMs: number): Agent {
  return new Agent({
    connections: connectionsMax,
    pipelining: 1,
    // One call, one socket: closing it is the one way to cancel that every vendor understands.
    allowH2: false,
    // Short, because uvicorn (vLLM, many gateways) closes idle connections after 5 s without saying so; a server that says more gets more.
    keepAliveTimeout: 4000,
    // The timers of the call decide.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectMs },
  });
}

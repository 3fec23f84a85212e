import { usualQuirks } from '@sluice/contract';
import type { ChatCall, ChatFinish, ProviderEvent } from '../chat-call.ts';
import type { ChatClient } from '../chat-client.ts';
import { ProviderFailure } from '../provider-failure.ts';
import type { SimDirective } from '../simulator/sim-directive.ts';

/** Long enough that no timer of a test runs out by itself. */
export const noHurry = { connectMs: 10_000, firstTokenMs: 25_000, idleMs: 25_000, totalMs: 25_000 };

/** What a call told, its end included. */
type AskedEvent = ProviderEvent | ({ type: 'finish' } & ChatFinish);

export interface Asked {
  events: AskedEvent[];
  /** Null when the answer was whole. */
  failure: ProviderFailure | null;
}

interface Ask extends Partial<ChatCall> {
  baseUrl: string;
  signal?: AbortSignal;
}

export function chatCall({ baseUrl, ...call }: Omit<Ask, 'signal'>): ChatCall {
  return {
    baseUrl,
    apiKey: 'test-key-abcdef',
    model: 'sluice-sim-fast',
    messages: [{ role: 'user', content: 'Hello' }],
    params: {},
    maxTokens: 1000,
    timeouts: noHurry,
    quirks: usualQuirks,
    ...call,
  };
}

/** Asks and gathers what comes, the failure included. */
export async function ask(client: ChatClient, { signal = new AbortController().signal, ...call }: Ask): Promise<Asked> {
  const events: AskedEvent[] = [];
  try {
    const finish = await client.chat(chatCall(call), { signal, onEvent: (event) => events.push(event) });
    events.push({ type: 'finish', ...finish });
    return { events, failure: null };
  } catch (error) {
    if (error instanceof ProviderFailure) return { events, failure: error };
    throw error;
  }
}

export function textOf(events: AskedEvent[], type: 'text-delta' | 'reasoning-delta' = 'text-delta'): string {
  return events.map((event) => (event.type === type ? event.delta : '')).join('');
}

/** What a prompt must say for the simulator to do this. */
export function directed(directive: SimDirective): unknown[] {
  return [{ role: 'user', content: `Hello [[sim ${JSON.stringify(directive)}]]` }];
}

import { usualQuirks } from '@sluice/contract';
import type { ChatCall, ProviderEvent } from '../chat-call.ts';
import type { ChatClient } from '../chat-client.ts';
import { ProviderFailure } from '../provider-failure.ts';
import type { SimDirective } from '../simulator/sim-directive.ts';

/** Long enough that no timer of a test runs out by itself. */
export const noHurry = { connectMs: 10_000, firstTokenMs: 25_000, idleMs: 25_000, totalMs: 25_000 };

export interface Asked {
  events: ProviderEvent[];
  /** Null when the stream ended normally. */
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
  const events: ProviderEvent[] = [];
  try {
    for await (const event of client.stream(chatCall(call), signal)) events.push(event);
    return { events, failure: null };
  } catch (error) {
    if (error instanceof ProviderFailure) return { events, failure: error };
    throw error;
  }
}

export function textOf(events: ProviderEvent[], type: 'text-delta' | 'reasoning-delta' = 'text-delta'): string {
  return events.map((event) => (event.type === type ? event.delta : '')).join('');
}

/** What a prompt must say for the simulator to do this. */
export function directed(directive: SimDirective): unknown[] {
  return [{ role: 'user', content: `Hello [[sim ${JSON.stringify(directive)}]]` }];
}

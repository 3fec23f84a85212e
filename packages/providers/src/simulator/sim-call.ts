import type { ServerResponse } from 'node:http';
import type { SimBook, SimCall } from './sim-ledger.ts';
import type { SimLimits } from './sim-limits.ts';
import type { SimRequest } from './sim-request.ts';

/** One call under way, from its line in the ledger to its end. */
export interface OpenCall {
  call: SimCall;
  response: ServerResponse;
  /** Set when the key has no room: the call is to be refused. */
  tooMany: { retryAfterS: number } | null;
  /** Called before the last byte goes out, so that the caller's next call finds its place free. Only the first time counts. */
  end(outcome: string): void;
}

interface OpenCallParts {
  ledger: SimBook;
  limits: SimLimits;
  key: string;
  request: SimRequest;
  response: ServerResponse;
}

/** Enters a call into the ledger and into its key's limits; a caller that closes the connection ends it. */
export function openSimCall({ ledger, limits, key, request, response }: OpenCallParts): OpenCall {
  const tooMany = limits.enter(key, Date.now());
  const call = ledger.start(
    { key: key.slice(-4), model: request.model, tag: request.directive.tag ?? null, isStream: request.isStream },
    Date.now(),
  );

  function end(outcome: string): void {
    if (call.endedAt !== null) return;
    if (!tooMany) limits.leave(key);
    ledger.end(call, outcome, Date.now());
  }

  response.on('close', () => {
    if (call.endedAt !== null) return;
    call.clientClosedAt = Date.now();
    end(call.outcome === 'open' ? 'client-closed' : call.outcome);
  });
  return { call, response, tooMany, end };
}

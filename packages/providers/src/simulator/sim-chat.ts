import type { ServerResponse } from 'node:http';
import { openSimCall, type OpenCall } from './sim-call.ts';
import { createFaultDice, type SimFaults } from './sim-faults.ts';
import type { SimBook } from './sim-ledger.ts';
import { createSimLimits } from './sim-limits.ts';
import { errorBody, planAnswer, type SimAnswer, type SimRefusal } from './sim-plan.ts';
import { readSimRequest, type SimRequest } from './sim-request.ts';
import { createSimLetter, createSimSpeech } from './sim-speech.ts';
import type { SimTicker } from './sim-ticker.ts';
import { createSimTries, hasFault } from './sim-tries.ts';
import { createSimWire } from './sim-wire.ts';

export interface SimChat {
  /** Answers one request. `key` is undefined when none was sent, `json` when the body is no JSON; `read` says what it asks. */
  answer(response: ServerResponse, key: string | undefined, json: unknown, read?: (json: unknown) => SimRequest): void;
  setFaults(faults: SimFaults): void;
}

interface SimChatParts {
  ledger: SimBook;
  ticker: SimTicker;
  faults: SimFaults;
}

/** Answers requests: reads, limits, throws the dice, plans, speaks. Every call that could be read is in the ledger from its start. */
export function createSimChat({ ledger, ticker, faults }: SimChatParts): SimChat {
  const tries = createSimTries();
  let ofKeys = faults.keys ?? {};
  let dice = createFaultDice(faults);
  let limits = createSimLimits(faults);

  function plan({ call, tooMany }: OpenCall, request: SimRequest): SimRefusal | SimAnswer {
    if (tooMany)
      return planAnswer(request, { status: 429, retry_after: tooMany.retryAfterS, message: 'The rate limit of this key is reached.' });
    const directive = tries.apply(request.directive, request.prompt);
    const fault = hasFault(directive) ? null : (ofKeys[call.key] ?? dice());
    return planAnswer(request, { ...directive, ...fault });
  }

  return {
    answer(response, key, json, read = readSimRequest) {
      if (key === undefined) return refuse(response, 401, 'No API key was sent.');
      const request = tryReadRequest(json, read);
      if (request instanceof Error) return refuse(response, 400, request.message);
      if (!request.model.startsWith('sluice-sim')) return refuse(response, 404, `The model ${request.model} does not exist.`);
      const open = openSimCall({ ledger, limits, key, request, response });
      carryOut(open, { request, ticker, planned: plan(open, request) });
    },
    setFaults(next) {
      ofKeys = next.keys ?? {};
      dice = createFaultDice(next);
      limits = createSimLimits(next);
    },
  };
}

interface PlannedCall {
  request: SimRequest;
  planned: SimRefusal | SimAnswer;
  ticker: SimTicker;
}

function carryOut(open: OpenCall, { request: { model, isStream, renderWhole }, planned, ticker }: PlannedCall): void {
  const { call, response, end } = open;
  if (planned.type === 'hang') {
    call.outcome = 'hang';
    return;
  }
  call.status = planned.type === 'refuse' ? planned.status : 200;
  if (planned.type === 'refuse') {
    end('refused');
    response.writeHead(planned.status, planned.headers).end(planned.body);
    return;
  }
  const wire = createSimWire({ id: call.id, model, answer: planned, createdS: Math.floor(call.startedAt / 1000) });
  const whole = renderWhole ?? wire.whole;
  const parts = { open, answer: planned, wire: { ...wire, whole }, startMs: performance.now() };
  response.setHeader('x-request-id', `req-sim-${call.id}`);
  if (!isStream) return ticker.add(createSimLetter(parts));
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  if (planned.firstTokenMs > 0) response.flushHeaders();
  ticker.add(createSimSpeech(parts));
}

function tryReadRequest(json: unknown, read: (json: unknown) => SimRequest): SimRequest | Error {
  try {
    return read(json);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(errorBody({ status, message }));
}

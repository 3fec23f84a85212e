import type { OpenCall } from './sim-call.ts';
import { errorBody, type SimAnswer, type SimBreak } from './sim-plan.ts';
import type { Ticked } from './sim-ticker.ts';
import { garbage, keepAlive, type SimWire } from './sim-wire.ts';

interface SimSpeechParts {
  open: OpenCall;
  answer: SimAnswer;
  wire: SimWire;
  /** When the call came, by the ticker's clock. */
  startMs: number;
}

/** So that one long answer without a pace does not keep the others waiting. */
const tokensAtOnce = 1000;
const keepAliveMs = 100;

/** Streams an answer at its pace, until it ends or breaks. Tokens that are due together are written together. */
export function createSimSpeech({ open: { call, response, end }, answer, wire, startMs }: SimSpeechParts): Ticked {
  const { pieces } = answer;
  let pending = answer.break;
  let outcome = 'completed';
  let wroteMs = startMs;

  function write(nowMs: number, text: string): void {
    wroteMs = nowMs;
    response.write(text);
  }

  function writeTokens(nowMs: number, due: number): void {
    const until = Math.min(due, pieces.length, pending?.at ?? Infinity, call.tokens + tokensAtOnce);
    if (until <= call.tokens) return;
    let text = call.tokens === 0 ? wire.role() : '';
    for (const piece of pieces.slice(call.tokens, until)) text += wire.piece(piece);
    call.firstTokenAt ??= Date.now();
    call.tokens = until;
    write(nowMs, text);
  }

  function finish(text: string): false {
    end(outcome);
    response.end(text);
    return false;
  }

  /** True while there is more to come. */
  function breakOff({ kind }: SimBreak): boolean {
    outcome = kind;
    if (kind === 'cut') return finish('');
    if (kind === 'error') return finish(`data: ${errorBody({ status: 500, message: 'The simulator was told to break off.' })}\n\n`);
    if (kind === 'stall') {
      call.outcome = 'stall';
      return answer.isKeptAlive;
    }
    if (kind === 'garbage') {
      pending = null;
      return response.write(garbage) || !response.destroyed;
    }
    end(outcome);
    // A moment later, so that what was written before is on its way.
    setTimeout(() => response.socket?.resetAndDestroy(), 5);
    return false;
  }

  return (nowMs) => {
    if (response.destroyed) return false;
    if (response.writableNeedDrain) return true;
    const due = tokensDue(answer, nowMs - startMs);
    writeTokens(nowMs, due);
    if (answer.isKeptAlive && nowMs - wroteMs >= keepAliveMs) write(nowMs, keepAlive);
    if (due === 0 || (call.tokens < pieces.length && call.tokens !== pending?.at)) return true;
    return pending?.at === call.tokens ? breakOff(pending) : finish(wire.end());
  };
}

/** How many tokens of an answer are due so long after its call. */
function tokensDue({ firstTokenMs, msPerToken }: SimAnswer, sinceStartMs: number): number {
  const sinceFirstMs = sinceStartMs - firstTokenMs;
  if (sinceFirstMs < 0) return 0;
  return msPerToken === 0 ? Infinity : Math.floor(sinceFirstMs / msPerToken) + 1;
}

/** The same for a request that is no stream: nothing, then everything, or what its break leaves of it. */
export function createSimLetter({ open: { call, response, end }, answer, wire, startMs }: SimSpeechParts): Ticked {
  const { pieces, firstTokenMs, msPerToken } = answer;
  const endMs = startMs + firstTokenMs + pieces.length * msPerToken;
  const broken = answer.break && answer.break.at <= pieces.length ? answer.break.kind : null;

  function finish(outcome: string, body: string): void {
    end(outcome);
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  }

  return (nowMs) => {
    if (response.destroyed || nowMs < endMs) return !response.destroyed;
    call.tokens = pieces.length;
    if (broken === 'stall') call.outcome = 'stall';
    else if (broken === 'error') finish(broken, errorBody({ status: 500, message: 'The simulator was told to break off.' }));
    else if (broken === 'garbage') finish(broken, wire.whole().slice(0, -20));
    else if (broken === null) finish('completed', wire.whole());
    else {
      end(broken);
      response.socket?.resetAndDestroy();
    }
    return false;
  };
}

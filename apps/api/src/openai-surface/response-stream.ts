import { presentOpenResponse, presentResponse, textOutputOf, type StoredResponse } from '@sluice/core';
import type { StreamTranslator } from '../jobs/stream-translator.ts';
import { createTellOnce } from '../jobs/tell-once.ts';
import { createOpenOutput } from './open-output.ts';
import type { ResponseEvent, ResponseEventBody } from './response-events.ts';

export interface ResponseStreamOptions {
  response: StoredResponse;
  /** Whether a failure is told by an `error` event before `response.failed`, which some clients overlook. */
  failureStyle: 'error-event' | 'failed-only';
}

/**
 * Translates a job's events to the events of a response's stream. They are made of nothing but the row and its event log, so
 * whoever reads the log again from its start gets the same events with the same sequence numbers, byte for byte.
 */
export function createResponseTranslator({
  response: { job, echo },
  failureStyle,
}: ResponseStreamOptions): StreamTranslator<ResponseEvent> {
  const once = createTellOnce();
  const output = createOpenOutput(job.id);
  let count = 0;
  let isTaken = false;

  function number(events: ResponseEventBody[]): ResponseEvent[] {
    return events.map(({ type, ...rest }) => ({ type, sequence_number: count++, ...rest }) as ResponseEvent);
  }

  function take(): ResponseEventBody[] {
    if (isTaken) return [];
    isTaken = true;
    return [{ type: 'response.in_progress', response: presentOpenResponse(job, echo, 'in_progress') }];
  }

  return {
    isOver: () => false,
    begin() {
      const queued = presentOpenResponse(job, echo, 'queued');
      const events: ResponseEventBody[] = [{ type: 'response.created', response: queued }];
      if (job.isBackground) events.push({ type: 'response.queued', response: queued });
      return number(events);
    },
    next: (event) => number([...(event.type === 'attempt-start' ? take() : []), ...once.tell(event).flatMap(output.add)]),
    end(ended) {
      const response = presentResponse(ended, echo);
      if (ended.status === 'completed' || ended.status === 'incomplete') {
        const rest = once.end(textOutputOf(ended.output)).flatMap(output.add);
        const closed = output.close(ended.status === 'completed' ? 'completed' : 'broken-off');
        return number([...take(), ...rest, ...closed, { type: `response.${ended.status}`, response }]);
      }
      const told = failureStyle === 'error-event' && response.error ? [errorEvent(response.error)] : [];
      return number([...output.close('broken-off'), ...told, { type: 'response.failed', response }]);
    },
  };
}

/** Flat as the specification has it, and nested as it is sent in practice: clients read one or the other. */
function errorEvent({ type, code, message, param }: { type: string; code: string; message: string; param: null }): ResponseEventBody {
  return { type: 'error', code, message, param, error: { type, code, message, param } };
}

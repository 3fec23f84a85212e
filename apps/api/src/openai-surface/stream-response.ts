import { isEnd, parseEventId } from '@sluice/contract';
import { OpenAiError, type JobView, type StoredResponse } from '@sluice/core';
import { AppError } from '@sluice/platform';
import type { Response } from 'express';
import { renderFrame } from '../http/sse.ts';
import { tellEnd } from '../jobs/follow.ts';
import type { JobParts } from '../jobs/parts.ts';
import type { ResponseEvent } from './response-events.ts';
import { createResponseTranslator } from './response-stream.ts';
import { sendStream } from './send-stream.ts';

interface ResponseStream {
  response: StoredResponse;
  /** The last event that the reader has; -1 for none. */
  after: number;
}

/** Streams a response's events after one of them, to the end. False when the reader went away before. */
export function streamResponse(parts: JobParts, res: Response, { response, after }: ResponseStream): Promise<boolean> {
  const failureStyle = parts.settings.STREAM_ERROR_EVENT === 'on' ? 'error-event' : 'failed-only';
  const render = (event: ResponseEvent): string[] =>
    event.sequence_number > after ? [renderFrame({ event: event.type, data: JSON.stringify(event) })] : [];
  return sendStream(parts, res, { job: response.job, translator: createResponseTranslator({ response, failureStyle }), render });
}

/**
 * Refuses a replay that would not be the same as before: that of a foreground response, which was never promised, and one whose
 * event log was lost, because its events would have other numbers.
 * @throws OpenAiError invalid_request
 */
export async function requireReplayable(parts: JobParts, job: JobView, after: number): Promise<void> {
  if (!job.isBackground) throw refused('stream', 'This response cannot be streamed because it was not created with background=true.');
  if (isEnd(job.status)) await tellEnd(parts, job);
  const first = await firstEntry(parts, job);
  if (isEnd(job.status) && job.startedAt && first?.event.type !== 'attempt-start') {
    throw refused('stream', 'The events of this response are no longer kept; retrieve it without stream.');
  }
  // A log that was lost and written again goes on at a higher number.
  if (after >= 0 && first?.event.type === 'attempt-start' && parseEventId(first.id)?.n !== 0) {
    throw refused('starting_after', 'The events of this response were lost and numbered anew; stream it from its start.');
  }
}

async function firstEntry({ eventLog }: JobParts, { id }: JobView) {
  try {
    const { entries } = await eventLog.read(id, null, 1);
    return entries[0];
  } catch (cause) {
    throw new AppError('unavailable', 'The events cannot be read now. Try again.', { cause, retryAfterMs: 1000 });
  }
}

function refused(param: string, message: string): OpenAiError {
  return new OpenAiError('invalid_request', message, { openAiCode: null, param });
}

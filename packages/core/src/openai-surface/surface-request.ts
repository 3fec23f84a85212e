import type { SubmitJobRequest, SubmitTextRequest } from '@sluice/contract';
import type { Surface } from '../jobs/index.ts';

/** A request in OpenAI's words, as a job: all that a submission needs besides who asks. */
export interface SurfaceRequest {
  request: SubmitJobRequest;
  surface: Surface;
}

/** What a foreground call may take, waiting included, and what a background one may. */
const foregroundS = 600;
const backgroundS = 3600;

interface CallStyle {
  isBackground: boolean;
  isStream: boolean;
}

/**
 * How a job is run for a client of OpenAI's protocol. A stream cannot take text back, so it must not start over; an answer that
 * nobody has begun to read may.
 */
export function runStyle({
  isBackground,
  isStream,
}: CallStyle): Pick<SubmitTextRequest, 'priority' | 'on_stream_failure' | 'max_attempts' | 'deadline_s'> {
  return {
    priority: isBackground ? 'background' : 'interactive',
    on_stream_failure: isStream ? 'fail' : 'restart',
    max_attempts: 3,
    deadline_s: isBackground ? backgroundS : foregroundS,
  };
}

import type { JobEvent } from '@sluice/contract';
import type { JobView } from '@sluice/core';

/** Translates one job's events, in order and from the first on, to what another protocol streams. */
export interface StreamTranslator<Line> {
  /** What can be said before any event. */
  begin(): Line[];
  /** Every event but the end. */
  next(event: JobEvent): Line[];
  /** The end, from the row, which is the last word. */
  end(ended: JobView): Line[];
  /** Nothing more can be told, although the job goes on. */
  isOver(): boolean;
}

import { findJob, type JobView } from '@sluice/core';
import type { Response } from 'express';
import { closedSignal, heartbeatFrame, startSse } from '../http/sse.ts';
import { follow } from '../jobs/follow.ts';
import type { JobParts } from '../jobs/parts.ts';
import type { StreamTranslator } from '../jobs/stream-translator.ts';

interface AnswerStream<Line> {
  job: JobView;
  translator: StreamTranslator<Line>;
  render: (line: Line) => string[];
}

/** Clients and proxies give up on a silent connection after 30 s at the earliest. */
const heartbeatMs = 10_000;

/**
 * Streams a job from its first event to its end. True when the reader has been told the end; false when they went away before.
 * There is no clean end without a last event, because clients take that for a success.
 */
export async function sendStream<Line>(parts: JobParts, res: Response, { job, translator, render }: AnswerStream<Line>): Promise<boolean> {
  const sse = startSse(res);
  const signal = closedSignal(res);
  const write = async (lines: Line[]): Promise<void> => {
    for (const frame of lines.flatMap(render)) await sse.write(frame);
  };
  await write(translator.begin());
  for await (const item of follow(parts, { job, after: null, signal, heartbeatMs })) {
    if (item.type === 'heartbeat') await sse.write(heartbeatFrame);
    else if (item.event.type !== 'job-end') await write(translator.next(item.event));
    else {
      const ended = await findJob(parts.db.em(), job.id);
      await write(translator.end(ended ?? job));
      sse.end();
      return true;
    }
    if (translator.isOver()) {
      sse.end();
      return false;
    }
  }
  res.destroy();
  return false;
}

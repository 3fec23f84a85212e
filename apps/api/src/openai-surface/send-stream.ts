import { findJob, type JobView } from '@sluice/core';
import type { Response } from 'express';
import { heartbeatFrame, startSse } from '../http/sse.ts';
import { follow, type StreamItem } from '../jobs/follow.ts';
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
  const write = (lines: Line[]) => sse.write(lines.flatMap(render).join(''));
  const onHeartbeat = () => sse.write(heartbeatFrame);
  const onItems = (items: StreamItem[]) => {
    const writing = write(items.flatMap(({ event }) => (event.type === 'job-end' ? [] : translator.next(event))));
    if (translator.isOver()) sse.end();
    return writing;
  };
  await write(translator.begin());
  const end = await follow(parts, { job, after: null, signal: sse.closed, heartbeatMs, onItems, onHeartbeat });
  if (end === 'ended') {
    await write(translator.end((await findJob(parts.db.em(), job.id)) ?? job));
    sse.end();
  } else if (!translator.isOver()) res.destroy();
  return end === 'ended';
}

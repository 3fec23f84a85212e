import { createOutputFold, JobEvent, type JobEventEntry } from '@sluice/contract';

export interface ReadOptions {
  url: string;
  key: string;
  jobId: string;
  after?: string;
  /** Ends the reading after so many events, as a client that goes away does. */
  limit?: number;
  signal?: AbortSignal;
}

/** Entry ids are null where the server sent none. */
export type ReadEntry = Omit<JobEventEntry, 'id'> & { id: string | null };

/** Reads a job's events over one connection until the server ends it. Throws when the connection breaks. */
export async function* readEvents({ url, key, jobId, after, limit = Infinity, signal }: ReadOptions): AsyncGenerator<ReadEntry> {
  const headers = { authorization: `Bearer ${key}`, ...(after !== undefined && { 'last-event-id': after }) };
  const response = await fetch(`${url}/v1/jobs/${jobId}/events`, { headers, ...(signal && { signal }) });
  if (response.status === 204) return;
  if (!response.ok || !response.body) throw new Error(`events answered ${response.status}: ${await response.text()}`);
  let text = '';
  let count = 0;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const entry of frames.map(parseFrame)) {
      if (!entry) continue;
      yield entry;
      if (++count >= limit) return;
    }
  }
}

function parseFrame(frame: string): ReadEntry | null {
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  if (data === undefined) return null;
  return { id: /^id: (.*)$/m.exec(frame)?.[1] ?? null, event: JobEvent.parse(JSON.parse(data)) };
}

/** Reads to the end, and resumes from the last id whenever the connection breaks, as a good client does. */
export async function readToEnd(options: ReadOptions): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = [];
  for (let tries = 0; tries < 200; tries += 1) {
    const last = entries.findLast(({ id }) => id !== null)?.id ?? options.after;
    try {
      for await (const entry of readEvents({ ...options, ...(last !== undefined && { after: last }) })) entries.push(entry);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (entries.at(-1)?.event.type === 'job-end') return entries;
  }
  throw new Error(`the stream of ${options.jobId} did not end`);
}

/** The text that a reader ends up with. */
export function textOf(entries: ReadEntry[]): string {
  const fold = createOutputFold();
  for (const { event } of entries) fold.add(event);
  return fold.render(null).text;
}

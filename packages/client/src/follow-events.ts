import { backOffMs } from './back-off.ts';
import { ConnectionError, SluiceError } from './errors.ts';
import { pause } from './pause.ts';
import { createSseParser } from './sse-parser.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { JobEvent } from './wire.ts';

/** One event of a job. `id` is where reading can resume; null for an event that the server rendered from the finished job. */
export interface EventEntry {
  id: string | null;
  event: JobEvent;
}

export interface EventsOptions {
  /** Begins behind this entry. */
  after?: string;
  signal?: AbortSignal;
  /** A connection that was silent for so long is given up and opened again; 45,000 unless set. The server is heard every 15 s. */
  silenceMs?: number;
}

/** Connections in a row that bring nothing, about four minutes of them, before a reader is told. */
const failuresMax = 20;

/**
 * The events of a job in order, each once, until `job-end`. A connection that breaks, ends early or falls silent is opened again
 * behind the last entry that was given out. After an `attempt-start` what came before it no longer counts. Leaving the loop closes
 * the connection and changes nothing about the job.
 */
export async function* followEvents(
  transport: Transport,
  jobId: string,
  options: EventsOptions = {},
): AsyncGenerator<EventEntry, void, undefined> {
  let cursor = options.after ?? null;
  for (let failures = 0; ; failures += 1) {
    let broken: unknown = null;
    try {
      for await (const entry of readConnection(transport, jobId, { ...options, cursor })) {
        failures = 0;
        if (entry === 'ended') return;
        if (entry === 'alive' || !isNew(entry, cursor)) continue;
        cursor = entry.id ?? cursor;
        yield entry;
        if (entry.event.type === 'job-end') return;
      }
    } catch (error) {
      broken = error;
    }
    options.signal?.throwIfAborted();
    if (broken !== null && !isPassing(broken)) throw broken;
    if (failures >= failuresMax)
      throw broken ?? new ConnectionError('The stream keeps ending before the job does.', { code: 'connection' });
    await pause(waitAfter(broken, failures), options.signal);
  }
}

type Connection = EventsOptions & { cursor: string | null };

/** What one connection brings: `alive` for anything that is heard, `ended` when the server says that nothing will follow. */
async function* readConnection(
  transport: Transport,
  jobId: string,
  { cursor, signal, silenceMs = 45_000 }: Connection,
): AsyncGenerator<EventEntry | 'alive' | 'ended'> {
  const stop = new AbortController();
  const passOn = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', passOn, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new ConnectionError(`Nothing was heard for ${silenceMs} ms.`, { code: 'timeout' })), silenceMs);
  };
  try {
    watch();
    const response = await transport.open({ ...eventsCall(jobId, cursor), signal: stop.signal, maxRetries: 0 });
    if (response.status === 204 || !response.body) return yield 'ended';
    const reader = response.body.getReader();
    const parse = createSseParser();
    const decoder = new TextDecoder();
    for (;;) {
      watch();
      const { done, value } = await reader.read();
      if (done) return;
      yield 'alive';
      for (const { id, data } of parse(decoder.decode(value, { stream: true }))) {
        // Who reads slowly is not silence of the server.
        clearTimeout(timer);
        yield { id, event: JSON.parse(data) as JobEvent };
      }
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', passOn);
    stop.abort();
  }
}

function eventsCall(jobId: string, cursor: string | null): { path: string } & CallOptions {
  const headers = { accept: 'text/event-stream', ...(cursor !== null && { 'last-event-id': cursor }) };
  return { path: `/v1/jobs/${encodeURIComponent(jobId)}/events`, headers };
}

/** An entry with an id is new when it stands behind the cursor: ids are `<attempt>-<n>`. */
function isNew({ id }: EventEntry, cursor: string | null): boolean {
  if (id === null || cursor === null) return true;
  const [attempt = 0, n = 0] = id.split('-').map(Number);
  const [seenAttempt = 0, seenN = 0] = cursor.split('-').map(Number);
  return attempt > seenAttempt || (attempt === seenAttempt && n > seenN);
}

/** Whether another try can help: not for an answer such as 401 or 404. What is no SluiceError broke inside the body. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof SluiceError) || error.status === null) return true;
  return error.status === 429 || error.status >= 500;
}

function waitAfter(error: unknown, failures: number): number {
  const askedMs = error instanceof SluiceError ? error.retryAfterMs : null;
  return askedMs ?? (failures === 0 ? Math.random() * 200 : backOffMs(failures - 1, Math.random()));
}

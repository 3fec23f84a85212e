import type { Readable } from 'node:stream';
import { Agent, request as send } from 'undici';
import { readAllowList } from './allow-list.ts';
import { createGuardedConnect, isPermitted, notPublic, resolveBySystem, type Resolve } from './guarded-connect.ts';
import { literalAddress, readTargetUrl } from './target-url.ts';
import { toEgressError } from './to-egress-error.ts';

export interface EgressRequest {
  url: string;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** What the other side said. A redirect is an answer like any other: it is never followed. */
export interface EgressAnswer {
  status: number;
  retryAfter: string | null;
  /** At most 64 KB of it, as UTF-8. */
  body: string;
}

export interface Egress {
  /**
   * Sends one request to a URL that a user set, and waits at most 15 s for all of it. An answer that breaks off after its status
   * counts with what has come of its body.
   * @throws EgressError when there is no answer, or the rules refuse the URL or one of its addresses
   */
  fetch(request: EgressRequest): Promise<EgressAnswer>;
  /**
   * What can be said about a URL before it is dialled: so that a user hears of it when they set it.
   * @throws EgressError `refused`
   */
  check(url: string): void;
  close(): Promise<void>;
}

interface EgressParts {
  /** EGRESS_ALLOW: hosts, addresses and CIDRs that may be reached although they are not public. */
  allow: string[];
  resolve?: Resolve;
  timeoutMs?: number;
}

const bodyBytesMax = 64 * 1024;
const defaultTimeoutMs = 15_000;
const connectMs = 10_000;

/**
 * The one way out to URLs that users set. Whatever such a URL says, no socket goes to an address that is not public unless the
 * operator named it. No proxy of the environment is used, since it would be the one that dials.
 * @throws AppConfigError for an allow list that cannot be read
 */
export function createEgress({ allow, resolve = resolveBySystem, timeoutMs = defaultTimeoutMs }: EgressParts): Egress {
  const allowList = readAllowList(allow);
  const agent = new Agent({
    connect: createGuardedConnect({ allowList, resolve, timeoutMs: connectMs }),
    connections: 16,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 4000,
    maxHeaderSize: 16_384,
    // The signal of the request decides.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  function check(text: string): URL {
    const url = readTargetUrl(text);
    const address = literalAddress(url.hostname);
    if (address !== null && !isPermitted(allowList, address)) throw notPublic();
    return url;
  }

  return {
    check: (url) => void check(url),
    async fetch({ url, signal, ...request }) {
      const timeUp = AbortSignal.timeout(timeoutMs);
      const stop = signal ? AbortSignal.any([timeUp, signal]) : timeUp;
      const answer = await send(check(url), { ...request, dispatcher: agent, signal: stop }).catch((error: unknown): never => {
        throw toEgressError(error, timeUp.aborted);
      });
      const { 'retry-after': retryAfter } = answer.headers;
      return {
        status: answer.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
        body: await readSome(answer.body),
      };
    },
    close: () => agent.destroy(),
  };
}

/** The beginning of a body. More than that is not read: the socket is closed instead. */
async function readSome(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= bodyBytesMax) break;
    }
  } catch {
    // The status has been read, and says what the other side made of the request.
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8');
}

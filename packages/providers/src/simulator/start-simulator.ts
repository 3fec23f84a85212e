import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { parseJson } from '../json-object.ts';
import { createSimChat, type SimChat } from './sim-chat.ts';
import { SimFaults } from './sim-faults.ts';
import { createSimLedger, type SimBook, type SimLedger } from './sim-ledger.ts';
import { errorBody, simModels } from './sim-plan.ts';
import { wholeReaders } from './sim-whole.ts';
import { createSimTicker } from './sim-ticker.ts';

export interface Simulator {
  /** Where it listens, without a path. */
  url: string;
  /** What a provider's base URL is: the same with `/v1`. */
  baseUrl: string;
  ledger: SimLedger;
  /** As POST /sim/faults. */
  setFaults(faults: z.input<typeof SimFaults>): void;
  /** Closes the server and every connection. */
  close(): Promise<void>;
}

interface SimulatorOptions {
  /** 0 takes a free one. */
  port?: number;
  host?: string;
}

const bodyMaxBytes = 32 * 1024 * 1024;

/** Starts a provider that speaks the OpenAI protocol, streams plausible text and fails as it is told. It needs no key, but some key. */
export async function startSimulator({ port = 0, host = '127.0.0.1' }: SimulatorOptions = {}): Promise<Simulator> {
  const ledger = createSimLedger();
  const ticker = createSimTicker();
  const faults = SimFaults.parse({});
  const chat = createSimChat({ ledger, ticker, faults });
  const state: SimState = { ledger, chat, faults };
  const server = createServer(
    { requestTimeout: 0, keepAliveTimeout: 60_000 },
    (request, response) => void answer(state, request, response),
  );
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: taken } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
  return {
    url,
    baseUrl: `${url}/v1`,
    ledger,
    setFaults: (next) => setFaults(state, SimFaults.parse(next)),
    close() {
      ticker.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface SimState {
  ledger: SimBook;
  chat: SimChat;
  faults: SimFaults;
}

function setFaults(state: SimState, faults: SimFaults): void {
  state.faults = faults;
  state.chat.setFaults(faults);
}

async function answer(state: SimState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  switch (`${request.method} ${pathname}`) {
    case 'POST /v1/chat/completions':
    case 'POST /chat/completions':
      return state.chat.answer(response, keyOf(request), await readJson(request));
    case 'POST /v1/embeddings':
    case 'POST /v1/rerank':
    case 'POST /v1/moderations':
      return state.chat.answer(response, keyOf(request), await readJson(request), wholeReaders[pathname.slice(3)]);
    case 'GET /v1/models':
    case 'GET /models':
      return sendJson(response, 200, {
        object: 'list',
        data: simModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'sluice' })),
      });
    case 'GET /sim/ledger':
      return sendJson(response, 200, presentLedger(state.ledger, searchParams.get('tag') ?? undefined));
    case 'DELETE /sim/ledger':
      state.ledger.clear();
      return sendJson(response, 200, {});
    case 'GET /sim/faults':
      return sendJson(response, 200, state.faults);
    case 'POST /sim/faults':
      return takeFaults(state, response, await readJson(request));
    default:
      return sendText(
        response,
        404,
        errorBody({ status: 404, code: 'not_found', message: `There is no ${request.method} ${pathname} here.` }),
      );
  }
}

const keyOf = ({ headers }: IncomingMessage): string | undefined => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];

function presentLedger(ledger: SimLedger, tag: string | undefined) {
  return { outcomes: ledger.outcomes(), dropped: ledger.dropped(), calls: ledger.calls(tag) };
}

function takeFaults(state: SimState, response: ServerResponse, json: unknown): void {
  const parsed = SimFaults.safeParse(json);
  if (!parsed.success) return sendText(response, 400, errorBody({ status: 400, message: z.prettifyError(parsed.error) }));
  setFaults(state, parsed.data);
  sendJson(response, 200, parsed.data);
}

/** The body as JSON; undefined when it is none, or too large, or its sender went away. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes <= bodyMaxBytes) pieces.push(piece);
    }
  } catch {
    return undefined;
  }
  return bytes > bodyMaxBytes ? undefined : parseJson(Buffer.concat(pieces).toString());
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON.stringify(value));
}

function sendText(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(json);
}

import { createServer, type Server, type Socket } from 'node:net';

/** A provider made of bytes: it answers every request on a connection with what the test gives it, however wrong it is. */
export interface RawProvider {
  baseUrl: string;
  /** How many connections were made. */
  connections(): number;
  /** The requests as they came, heads and bodies. */
  requests(): string[];
  close(): Promise<void>;
}

type Reply = (socket: Socket) => void | Promise<void>;

export async function startRawProvider(reply: Reply): Promise<RawProvider> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onRequests(socket, (request) => {
      requests.push(request);
      void reply(socket);
    });
  });
  const port = await listen(server);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    connections: () => connections,
    requests: () => requests,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function onRequests(socket: Socket, take: (request: string) => void): void {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (head < 0 || text.length < head + 4 + length) return;
    take(text.slice(0, head + 4 + length));
    text = '';
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

/** A whole HTTP answer around a body; a stream unless told otherwise. The connection stays open for the next request. */
export function httpAnswer(body: string | Uint8Array, { status = '200 OK', headers = ['content-type: text/event-stream'] } = {}): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${[...headers, `content-length: ${bytes.length}`].join('\r\n')}\r\n\r\n`),
    bytes,
  ]);
}

/** Chunks as the lines of a stream, `[DONE]` included. */
export function sse(...chunks: unknown[]): string {
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
}

/** A chunk with this delta; with a finish reason, the last one of the choice. */
export function chunk(delta: object, finishReason: string | null = null, more: object = {}): object {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finishReason }], ...more };
}

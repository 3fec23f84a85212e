/** A stream as it is on the wire. */
export interface RawStream {
  status: number;
  headers: Headers;
  /** The `data` lines, in order. */
  data: string[];
  comments: number;
  text: string;
}

interface RawRequest {
  url: string;
  key: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

/** Reads a whole stream of server-sent events without any client. */
export async function readRaw({ url, key, path, body, headers }: RawRequest): Promise<RawStream> {
  const response = await fetch(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const lines = text.split('\n');
  return {
    status: response.status,
    headers: response.headers,
    data: lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)),
    comments: lines.filter((line) => line.startsWith(':')).length,
    text,
  };
}

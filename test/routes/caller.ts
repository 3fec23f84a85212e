/** A JSON answer; tests name the fields they expect, so a missing one fails there. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: AnswerBody;
}

/** Wire JSON of any route. */
export interface AnswerBody extends Record<string, unknown> {
  id: string;
  secret: string;
  access_token: string;
  refresh_token: string;
  request_id: string;
  error: { message: string; type: string; code: string; param: string | null };
  errors: { path: string; message: string }[];
  data: AnswerBody[];
}

interface Extras {
  headers?: Record<string, string>;
  /** Sent as it is instead of a JSON body. */
  raw?: string | Uint8Array<ArrayBuffer>;
}

export interface Caller {
  get(path: string, extras?: Extras): Promise<Answer>;
  post(path: string, body?: unknown, extras?: Extras): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  send(method: string, path: string, body?: unknown, extras?: Extras): Promise<Answer>;
}

/** Calls a server with one credential, or none. */
export function createCaller(url: string, token: string | null): Caller {
  async function send(method: string, path: string, body?: unknown, { headers = {}, raw }: Extras = {}): Promise<Answer> {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as AnswerBody };
  }
  return {
    send,
    get: (path, extras) => send('GET', path, undefined, extras),
    post: (path, body, extras) => send('POST', path, body, extras),
    patch: (path, body) => send('PATCH', path, body),
    delete: (path) => send('DELETE', path),
  };
}

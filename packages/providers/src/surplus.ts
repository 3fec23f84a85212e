import type { Dispatcher } from 'undici';

/** What comes after a whole answer. */
export interface Surplus {
  take(bytes: Uint8Array): void;
  end(): void;
}

/** After `[DONE]` nothing but the end of the body should come; more than this costs the connection. */
const maxMs = 1000;
const maxBytes = 65_536;

/** Keeps the connection for the next call when the body ends soon, and closes it when it does not. */
export function startSurplus(connection: Dispatcher.DispatchController): Surplus {
  const close = (): void => connection.abort(new Error('the body went on behind the end of the answer'));
  const timer = setTimeout(close, maxMs);
  let bytesLeft = maxBytes;
  return {
    take({ length }) {
      bytesLeft -= length;
      if (bytesLeft < 0) close();
    },
    end: () => clearTimeout(timer),
  };
}

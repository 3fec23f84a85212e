import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

const self = "'self'";

/**
 * Headers that let a browser load nothing but from here; enough for the docs page, which sets styles by script. No
 * `upgrade-insecure-requests`: a server in a private network has no TLS.
 */
const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: [self],
      baseUri: [self],
      connectSrc: [self],
      fontSrc: [self, 'data:'],
      formAction: [self],
      frameAncestors: ["'none'"],
      imgSrc: [self, 'data:', 'blob:'],
      objectSrc: ["'none'"],
      scriptSrc: [self],
      scriptSrcAttr: ["'none'"],
      styleSrc: [self, "'unsafe-inline'"],
      workerSrc: [self, 'blob:'],
    },
  },
});

/** What helmet says, which is the same for every answer: asked once, because its fifteen steps cost more than all else before a route. */
const headers: [name: string, value: string][] = [];
const listener = { setHeader: (name: string, value: string) => headers.push([name, value]), removeHeader: () => undefined };
protect({} as IncomingMessage, listener as unknown as ServerResponse, () => undefined);

/** Sets the security headers of an answer. */
export function setSecurityHeaders(res: ServerResponse): void {
  for (const [name, value] of headers) res.setHeader(name, value);
}

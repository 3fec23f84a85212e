import helmet from 'helmet';
import type { RequestHandler } from 'express';

const self = "'self'";

/**
 * Headers that let a browser load nothing but from here; enough for the docs page, which sets styles by script. No
 * `upgrade-insecure-requests`: a server in a private network has no TLS.
 */
export function securityHeaders(): RequestHandler {
  return helmet({
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
}

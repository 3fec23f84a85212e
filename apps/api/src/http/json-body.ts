import { AppError, isDeeperThan } from '@sluice/platform';
import { raw, type Request, type RequestHandler } from 'express';

const depthMax = 64;

/** The server gives uploads an hour; a body of JSON has to be here sooner. */
const bodyMs = 120_000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON body of at most `bytesMax` (also after decompression) into `req.body`; no body is `{}`.
 * @throws AppError `too_large`; `invalid_request` for another media type, text that is not UTF-8, not JSON, or nested too deep
 */
export function readJson(bytesMax: number): RequestHandler[] {
  const readBytes = raw({ limit: bytesMax, type: () => true });
  return [
    (req, res, next) => {
      if (!hasBody(req)) return readBytes(req, res, next);
      requireJson(req.get('content-type'));
      const tooSlow = setTimeout(() => req.destroy(), bodyMs);
      readBytes(req, res, (error?: unknown) => {
        clearTimeout(tooSlow);
        next(error);
      });
    },
    (req, _res, next) => {
      const bytes: unknown = req.body;
      req.body = Buffer.isBuffer(bytes) && bytes.length > 0 ? parseJson(bytes) : {};
      next();
    },
  ];
}

function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

function requireJson(contentType = ''): void {
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (!/^application\/([\w.+-]+\+)?json$/.test(mediaType.trim()))
    throw new AppError('invalid_request', 'content-type: must be application/json', { param: 'content-type' });
  if (charset && !/=\s*"?(utf-?8|us-ascii)"?\s*$/.test(charset))
    throw new AppError('invalid_request', 'content-type: the charset must be utf-8', { param: 'content-type' });
}

function parseJson(bytes: Buffer): unknown {
  const json = decode(bytes);
  if (isDeeperThan(json, depthMax)) throw new AppError('invalid_request', `The body is nested deeper than ${depthMax} levels.`);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AppError('invalid_request', `The body is not JSON${placeOf(cause)}.`, { cause });
  }
}

/** A byte order mark, as some editors write it, is left out. */
function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not UTF-8.', { cause });
  }
}

/** Of the parser's words only the position: the rest quotes the body. */
function placeOf(error: unknown): string {
  const position = error instanceof Error && /at position \d+(?: \(line \d+ column \d+\))?/.exec(error.message);
  return position ? ` (${position[0]})` : '';
}

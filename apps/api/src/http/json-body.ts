import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, isDeeperThan } from '@sluice/platform';
import { raw, type Request, type Response } from 'express';

const depthMax = 64;

/** The server gives uploads an hour; a body of JSON has to be here sooner. */
const bodyMs = 120_000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Answers the body of a request, parsed. */
export type BodyReader = (req: Request, res: Response) => Promise<unknown>;

/**
 * Reads JSON bodies of at most `bytesMax` (also after decompression); no body is `{}`.
 * @throws AppError `too_large`; `invalid_request` for another media type, text that is not UTF-8, not JSON, or nested too deep
 */
export function createBodyReader(bytesMax: number): BodyReader {
  const readRaw = raw({ limit: bytesMax, type: () => true });
  return async (req, res) => {
    if (!hasBody(req)) return {};
    requireJson(req.get('content-type'));
    // Most bodies come in one piece with the head, and are parsed behind what the head began: a turn later they are here.
    if (!req.complete) await nextTurn();
    const bytes = isHere(req) ? takeBytes(req, bytesMax) : await waitForBytes(readRaw, req, res);
    return bytes.length > 0 ? parseJson(bytes) : {};
  };
}

function isHere(req: Request): boolean {
  return req.complete && req.headers['content-encoding'] === undefined;
}

function takeBytes(req: Request, bytesMax: number): Buffer {
  const bytes = (req.read() as Buffer | null) ?? Buffer.alloc(0);
  if (bytes.length > bytesMax) throw new AppError('too_large', 'The body is larger than this route takes.');
  return bytes;
}

function waitForBytes(readRaw: ReturnType<typeof raw>, req: Request, res: Response): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooSlow = setTimeout(() => req.destroy(), bodyMs);
    readRaw(req, res, (error?: unknown) => {
      clearTimeout(tooSlow);
      const bytes: unknown = req.body;
      if (error) reject(error as Error);
      else resolve(Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0));
    });
  });
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

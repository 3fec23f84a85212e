import { AppError } from '@sluice/platform';
import type { Request, Response } from 'express';

/** Says on which protocol a route answers; see `Mount`. */
export const speaksOpenAi = (res: Response): boolean => res.locals['dialect'] === 'openai';

/** For routes that speak OpenAI's protocol: its headers on every answer, and from here on its body on every error. */
export function speakOpenAi(req: Request, res: Response): void {
  res.locals['dialect'] = 'openai';
  res.setHeader('openai-version', '2020-10-01');
  stampProcessingTime(res);
  const clientId = req.get('x-client-request-id') ?? '';
  if (!/^[\x20-\x7e]{0,512}$/.test(clientId)) {
    throw new AppError('invalid_request', 'X-Client-Request-Id: must be at most 512 ASCII characters', { param: 'X-Client-Request-Id' });
  }
}

/** Every answer goes through `writeHead`, whoever makes it. */
function stampProcessingTime(res: Response): void {
  const startedAt = performance.now();
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => Response;
  res.writeHead = ((...args: unknown[]) => {
    res.setHeader('openai-processing-ms', Math.round(performance.now() - startedAt));
    return writeHead(...args);
  }) as typeof res.writeHead;
}

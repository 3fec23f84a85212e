import { KeyChoice } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { Request } from 'express';

/**
 * The X-Key-Source header, for routes whose bodies are OpenAI's: whose provider keys a job is called with. What was sent is not
 * repeated: somebody may have taken the header for a place to put a key.
 */
export function keyChoiceOf(req: Request): KeyChoice | undefined {
  const choice = req.get('x-key-source');
  if (choice === undefined) return undefined;
  const parsed = KeyChoice.safeParse(choice);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_request', `X-Key-Source: must be ${KeyChoice.options.join(', ')}`, { param: 'X-Key-Source' });
}

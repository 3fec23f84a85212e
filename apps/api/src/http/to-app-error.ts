import { AppError } from '@sluice/platform';

const retryAfterMs = 1000;

/** PostgreSQL cannot be reached, is starting or stopping, is read-only, or is out of disk, memory or connections. */
const databaseAway = /^(08|53|57P0|25006|ECONN|ENOTFOUND|ETIMEDOUT|EPIPE|EAI_AGAIN)/;

/** What a caller is told about an error: its own words if it was made for callers, else none of them. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = property(thrown, 'status');
  if (status === 413) return new AppError('too_large', 'The body is larger than this route takes.', { cause: thrown });
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new AppError('invalid_request', wordsFor(thrown), { cause: thrown });
  if (isDatabaseAway(thrown))
    return new AppError('unavailable', 'The database cannot be reached. Try again.', { cause: thrown, retryAfterMs });
  return new AppError('internal', 'Something went wrong here. The request id finds it in the log.', { cause: thrown });
}

/** The HTTP libraries' words would show file names and parser states. */
function wordsFor(thrown: unknown): string {
  switch (property(thrown, 'type')) {
    case 'encoding.unsupported':
      return 'The content-encoding is not supported; send gzip, deflate, br or none.';
    case 'request.aborted':
    case 'request.size.invalid':
      return 'The body is not as long as content-length says.';
    default:
      return 'The request could not be read.';
  }
}

function isDatabaseAway(thrown: unknown): boolean {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    const code = property(error, 'code');
    if (typeof code === 'string' && databaseAway.test(code)) return true;
  }
  return false;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

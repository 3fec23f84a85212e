import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** Never written out, wherever they stand: keys, tokens, passwords, tickets, and the texts of callers. */
const secretPaths = [
  'req.headers.authorization',
  'req.headers.cookie',
  '*.password',
  '*.api_key',
  '*.apiKey',
  '*.token',
  '*.refresh_token',
  '*.ticket',
  '*.secret',
];

/** JSON lines on standard error, so that standard output stays for what a person or script waits for. */
export function createLogger(level: string, role: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino({ level, base: { role }, redact: { paths: secretPaths, censor: '[redacted]' } }, destination);
}

import { SluiceError } from '@sluice/client';

/** What the command ends with; scripts may rely on it. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  partial: 3,
  auth: 4,
  notFound: 5,
  limited: 6,
  credits: 7,
  network: 8,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: [ExitCode, string][] = [
  [0, 'ok'],
  [1, 'it failed'],
  [2, 'wrong usage: an option, or input that cannot be used'],
  [3, 'partly done: some rows failed, or the budget was reached'],
  [4, 'the key is missing, wrong, or may not do this'],
  [5, 'there is no such thing'],
  [6, 'too many requests'],
  [7, 'not enough credits'],
  [8, 'the server could not be reached, or not in time'],
  [130, 'interrupted by Ctrl-C'],
];

/** An end with a message for people and a code for scripts. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failure) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CliError => new CliError(message, exitCodes.usage);

const byStatus: Record<number, ExitCode> = { 400: 2, 401: 4, 402: 7, 403: 4, 404: 5, 429: 6 };

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof SluiceError)) return exitCodes.failure;
  if (error.code === 'connection' || error.code === 'timeout') return exitCodes.network;
  if (error.status === 502 || error.status === 503 || error.status === 504) return exitCodes.network;
  return byStatus[error.status ?? 0] ?? exitCodes.failure;
}

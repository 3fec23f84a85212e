/** Sluice cannot start: settings are wrong, or what they name cannot be had. The message lists every fault, one a line, and no secret. */
export class AppConfigError extends Error {
  override readonly name = 'AppConfigError';

  constructor(faults: string[], options?: ErrorOptions) {
    super(`Sluice cannot start with these settings:\n${faults.map((fault) => `  ${fault}`).join('\n')}`, options);
  }
}

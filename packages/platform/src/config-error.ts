/** The settings are wrong. The message lists every fault, one a line. */
export class AppConfigError extends Error {
  override readonly name = 'AppConfigError';

  constructor(faults: string[]) {
    super(`These settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

export { createProgram } from './create-program.ts';
export { exitCodes, type ExitCode } from './exit-codes.ts';
export { runCli } from './run-cli.ts';
export { createTerminal, type Terminal } from './terminal.ts';

import { usageError } from './exit-codes.ts';
import { isInteractive, type Terminal } from './terminal.ts';

/**
 * A secret, asked for or from standard input: never an argument, which every program on the machine can read. `instead` says how
 * to give it where there is nobody to ask.
 */
export async function readSecret(terminal: Terminal, name: string, instead: string): Promise<string> {
  if (isInteractive(terminal)) return askHidden(terminal, name);
  if (terminal.stdin.isTTY) throw usageError(`There is nobody to ask here; ${instead}.`);
  const pieces: string[] = [];
  for await (const piece of terminal.stdin.setEncoding('utf8') as AsyncIterable<string>) pieces.push(piece);
  return pieces.join('');
}

/** What is typed is not shown. */
function askHidden({ stdin, stderr, signal }: Terminal, name: string): Promise<string> {
  stderr.write(`${name} (it is not shown): `);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (end: () => void) => {
      stdin.setRawMode(false).pause();
      stdin.removeListener('data', onData);
      stderr.write('\n');
      end();
    };
    const onData = (text: string) => {
      for (const letter of text) {
        if (letter === '\u0003') return finish(() => reject(usageError('Nothing was given.')));
        if (letter === '\r' || letter === '\n' || letter === '\u0004') return finish(() => resolve(typed));
        typed = letter === '\u007f' || letter === '\b' ? typed.slice(0, -1) : typed + letter;
      }
    };
    stdin.on('data', onData);
    signal.addEventListener('abort', () => finish(() => reject(signal.reason)), { once: true });
  });
}

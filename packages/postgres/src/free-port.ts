import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** The port of last time if nobody has taken it, so that what people noted down stays right; else a free one. */
export async function choosePort(portFile: string): Promise<number> {
  const port = (await listenOnce(readPort(portFile))) ?? (await listenOnce(0));
  if (port === null) throw new Error('there is no free port on 127.0.0.1');
  writeFileSync(portFile, String(port));
  return port;
}

function readPort(portFile: string): number {
  try {
    const port = Number(readFileSync(portFile, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

/** Which port could be listened on; null when somebody else does. */
async function listenOnce(wanted: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return null;
  } finally {
    server.close();
  }
}

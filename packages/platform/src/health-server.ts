import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { findStuck, type Probe } from './probe.ts';

interface HealthServerParts {
  host: string;
  port: number;
  probes: Probe[];
  /** The figures, as Prometheus reads them. */
  registry: { contentType: string; metrics(): Promise<string> };
}

/** `/livez` and `/metrics` for a role that serves nothing else. Rejects when the port is taken. */
export async function startHealthServer({ host, port, probes, registry }: HealthServerParts): Promise<{ close(): Promise<void> }> {
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.url === '/metrics') return void res.setHeader('content-type', registry.contentType).end(await registry.metrics());
    if (req.url !== '/livez') return void res.writeHead(404).end();
    const stuck = findStuck(probes, Date.now());
    res.writeHead(stuck.length > 0 ? 503 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ status: stuck.length > 0 ? 'stuck' : 'alive', stuck }));
  };
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
  server.listen(port, host);
  await once(server, 'listening');
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

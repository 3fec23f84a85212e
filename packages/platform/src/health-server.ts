import { once } from 'node:events';
import { createServer } from 'node:http';
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
  const server = createServer(async (req, res) => {
    if (req.url === '/metrics') return res.setHeader('content-type', registry.contentType).end(await registry.metrics());
    if (req.url !== '/livez') return res.writeHead(404).end();
    const stuck = findStuck(probes, Date.now());
    res.writeHead(stuck.length > 0 ? 503 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ status: stuck.length > 0 ? 'stuck' : 'alive', stuck }));
  });
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

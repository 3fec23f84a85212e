import type { Request, Response } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** A registry with the figures of the process: memory, event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Measures every answer by the pattern of its route, of which there are few, never by its path, of which there are endless many. */
export function measureRequests(registry: Registry): (req: Request, res: Response) => void {
  const duration = new Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [registry],
  });
  return (req, res) => {
    const stop = duration.startTimer();
    res.once('close', () => stop({ method: req.method, route: routeOf(req.route, res.locals['mount']), status: res.statusCode }));
  };
}

function routeOf(route: unknown, mount: unknown): string {
  const pattern = typeof route === 'object' && route !== null && 'path' in route ? String(route.path) : null;
  if (pattern === null) return 'none';
  return typeof mount === 'string' ? `${mount}${pattern === '/' ? '' : pattern}` : pattern;
}

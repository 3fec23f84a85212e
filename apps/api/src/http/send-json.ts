import type { Response } from 'express';

/**
 * Answers JSON to a request that makes something. Express's own `json` hashes every body for an ETag, by which only the answer to a
 * GET can be asked for again.
 */
export function sendJson(res: Response, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  // Head and body leave together, in one write.
  res.end(text);
}

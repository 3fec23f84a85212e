import type { Response } from 'express';
import { drained } from './drained.ts';

export interface Download {
  fileName: string;
  contentType: string;
  chunks: AsyncGenerator<string>;
}

export const downloadTypes = { csv: 'text/csv; charset=utf-8', jsonl: 'application/x-ndjson; charset=utf-8' };

/**
 * Sends a file as it is made, at the speed the client takes it. The first chunk is made before the first byte is sent, so that
 * what cannot start at all is still answered as an error; what fails later breaks the connection off, so nobody takes half a
 * file for a whole one.
 */
export async function sendDownload(res: Response, { fileName, contentType, chunks }: Download): Promise<void> {
  let chunk = await chunks.next();
  res.setHeader('content-type', contentType);
  res.setHeader('content-disposition', `attachment; filename="${fileName}"`);
  for (; !chunk.done && !res.destroyed; chunk = await chunks.next()) {
    if (!res.write(chunk.value)) await drained(res);
  }
  await chunks.return(undefined);
  res.end();
}

import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BatchStage } from './batch-stage.ts';
import type { Report } from './report.ts';

/** The most memory that a process has had at any time. */
function peakBytes(pid: number): number {
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** A file of so many MB to the API and back: how fast, and how much memory it takes there. */
export async function measureFile({ sdk, folder, roles }: BatchStage, report: Report, megabytes: number): Promise<void> {
  const path = join(folder, 'large.jsonl');
  const piece = Buffer.alloc(1024 * 1024, `${'x'.repeat(1023)}\n`);
  await pipeline(Readable.from(Array.from({ length: megabytes }, () => piece)), createWriteStream(path));
  const before = peakBytes(roles.api.pid);
  const sentAt = performance.now();
  const { id } = await sdk.files.create({ file: createReadStream(path), purpose: 'batch' });
  const askedAt = performance.now();
  const answer = await sdk.files.content(id);
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += (chunk as Uint8Array).length;
  if (bytes !== megabytes * piece.length) throw new Error(`of ${megabytes} MB ${bytes} bytes came back`);
  report.add(`a file of ${megabytes} MB, sent`, 'MB/s', 'sluice', megabytes / ((askedAt - sentAt) / 1000));
  report.add(`a file of ${megabytes} MB, fetched`, 'MB/s', 'sluice', megabytes / ((performance.now() - askedAt) / 1000));
  report.add("growth of the API's peak memory meanwhile", 'MB', 'sluice', (peakBytes(roles.api.pid) - before) / 1024 / 1024);
  await sdk.files.delete(id);
}

import type { Settings } from '@sluice/platform';

/** Hardly anybody follows one row of a batch: its events are kept for as long as somebody may be about to. */
const batchRowS = 600;

/** How long a job's events are kept after its end, in seconds. */
export function eventRetentionS({ EVENT_RETENTION_S: retentionS }: Settings, { batchId }: { batchId?: string | null | undefined }): number {
  return batchId ? Math.min(batchRowS, retentionS) : retentionS;
}

import type { EventLog } from './event-log.ts';
import type { FollowerInbox } from './follower-inbox.ts';

export interface HungBell {
  isHung(): boolean;
  release(): void;
}

/** Puts a job's live copies into an inbox. Does not wait: while the subscription cannot be had, the follower reads now and then. */
export function hangBell(log: EventLog, jobId: string, inbox: FollowerInbox): HungBell {
  let state: 'hanging' | 'hung' | 'released' = 'hanging';
  let end: (() => void) | null = null;
  const isReleased = (): boolean => state === 'released';

  async function hang(): Promise<void> {
    end = await log.listen(jobId, inbox.put);
    if (isReleased()) return end();
    state = 'hung';
    inbox.look();
  }

  hang().catch(() => undefined);
  return {
    isHung: () => state === 'hung',
    release() {
      state = 'released';
      end?.();
    },
  };
}

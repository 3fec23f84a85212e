import type { ChatTimeouts } from './chat-call.ts';
import { ProviderFailure } from './provider-failure.ts';

export interface CallTimers {
  /** Aborts when a time runs out or the caller gives up; its reason is the ProviderFailure. */
  signal: AbortSignal;
  /** A delta came. */
  sawContent(): void;
  close(): void;
}

interface CallTimersParts {
  timeouts: ChatTimeouts;
  /** The caller's. */
  signal: AbortSignal;
}

/** Above this Node fires a timer at once. */
const timerMaxMs = 2 ** 31 - 1;

/**
 * Watches one call: the time to the first delta, the time between two, the time altogether, and the caller's signal. A delta only
 * leaves its time behind; one timer looks at it when it may have run out.
 */
export function startCallTimers({ timeouts, signal }: CallTimersParts): CallTimers {
  const { firstTokenMs, idleMs, totalMs } = timeouts;
  const controller = new AbortController();
  const startedAt = performance.now();
  let contentAt: number | null = null;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const now = performance.now();
    const totalLeft = startedAt + totalMs - now;
    const waitLeft = contentAt === null ? startedAt + firstTokenMs - now : contentAt + idleMs - now;
    if (totalLeft > 0 && waitLeft > 0) timer = setTimeout(look, Math.min(totalLeft, waitLeft, timerMaxMs));
    else
      controller.abort(
        totalLeft > 0 ? waitFailure() : new ProviderFailure('timeout_total', `The answer was not complete within ${totalMs} ms.`),
      );
  }

  function waitFailure(): ProviderFailure {
    return contentAt === null
      ? new ProviderFailure('timeout_first_token', `The provider sent no token within ${firstTokenMs} ms.`)
      : new ProviderFailure('timeout_idle', `The provider sent no further token for ${idleMs} ms.`);
  }

  const cancel = () => controller.abort(new ProviderFailure('cancelled', 'The call was cancelled.'));
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  look();

  return {
    signal: controller.signal,
    sawContent() {
      const isFirst = contentAt === null;
      contentAt = performance.now();
      if (!isFirst) return;
      clearTimeout(timer);
      look();
    },
    close() {
      signal.removeEventListener('abort', cancel);
      clearTimeout(timer);
    },
  };
}

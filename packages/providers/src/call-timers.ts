import type { ChatTimeouts } from './chat-call.ts';
import { ProviderFailure } from './provider-failure.ts';

export interface CallTimers {
  /** Aborts when a timer runs out or the caller gives up; its reason is the ProviderFailure. */
  signal: AbortSignal;
  /** A delta came. */
  sawContent(): void;
  close(): void;
}

interface CallTimersParts {
  timeouts: ChatTimeouts;
  /** The caller's. */
  signal: AbortSignal;
  /** False while the caller holds an event: a provider is not idle because its reader is slow. */
  isReading: () => boolean;
}

/** Above this Node fires a timer at once. */
const timerMaxMs = 2 ** 31 - 1;

/** Watches one call: the time to the first delta, the time between two, the time altogether, and the caller's signal. */
export function startCallTimers({ timeouts, signal, isReading }: CallTimersParts): CallTimers {
  const { firstTokenMs, idleMs, totalMs } = timeouts;
  const controller = new AbortController();
  const fail = (failure: ProviderFailure) => controller.abort(failure);

  const total = after(totalMs, () => fail(new ProviderFailure('timeout_total', `The answer was not complete within ${totalMs} ms.`)));
  const first = after(firstTokenMs, () =>
    fail(new ProviderFailure('timeout_first_token', `The provider sent no token within ${firstTokenMs} ms.`)),
  );
  let idle: NodeJS.Timeout | null = null;
  const startIdle = () =>
    after(idleMs, () => {
      if (isReading()) fail(new ProviderFailure('timeout_idle', `The provider sent no further token for ${idleMs} ms.`));
      else idle?.refresh();
    });

  const cancel = () => fail(new ProviderFailure('cancelled', 'The call was cancelled.'));
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();

  return {
    signal: controller.signal,
    sawContent() {
      clearTimeout(first);
      idle = idle?.refresh() ?? startIdle();
    },
    close() {
      signal.removeEventListener('abort', cancel);
      for (const timer of [total, first, idle]) clearTimeout(timer ?? undefined);
    },
  };
}

function after(delayMs: number, run: () => void): NodeJS.Timeout {
  return setTimeout(run, Math.min(delayMs, timerMaxMs));
}

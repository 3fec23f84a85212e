import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCallTimers } from './call-timers.ts';
import type { ChatTimeouts } from './chat-call.ts';
import { ProviderFailure } from './provider-failure.ts';

const timeouts = { connectMs: 0, firstTokenMs: 1000, idleMs: 100, totalMs: 2000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Start {
  signal?: AbortSignal;
  times?: Partial<ChatTimeouts>;
}

function start({ signal = new AbortController().signal, times }: Start = {}) {
  const timers = startCallTimers({ timeouts: { ...timeouts, ...times }, signal });
  const kind = () => (timers.signal.reason instanceof ProviderFailure ? timers.signal.reason.kind : null);
  return { timers, kind };
}

test('without a first token the call ends after the first-token time', () => {
  const { kind } = start();
  vi.advanceTimersByTime(999);
  expect(kind()).toBeNull();
  vi.advanceTimersByTime(1);
  expect(kind()).toBe('timeout_first_token');
});

test('between two tokens the idle time counts, from the latest one', () => {
  const { timers, kind } = start();
  timers.sawContent();
  vi.advanceTimersByTime(90);
  timers.sawContent();
  vi.advanceTimersByTime(90);
  expect(kind()).toBeNull();
  vi.advanceTimersByTime(10);
  expect(kind()).toBe('timeout_idle');
});

test('tokens that keep coming do not put off the total time', () => {
  const { timers, kind } = start();
  for (let ms = 0; ms < 2000; ms += 50) {
    expect(kind()).toBeNull();
    timers.sawContent();
    vi.advanceTimersByTime(50);
  }
  expect(kind()).toBe('timeout_total');
});

test('the first reason stays', () => {
  const caller = new AbortController();
  const { kind } = start({ signal: caller.signal });
  vi.advanceTimersByTime(1000);
  caller.abort();
  expect(kind()).toBe('timeout_first_token');
});

test('a signal that is aborted already cancels at once', () => {
  expect(start({ signal: AbortSignal.abort() }).kind()).toBe('cancelled');
});

test('a time beyond what Node can count does not run out at once', () => {
  const { kind } = start({ times: { firstTokenMs: 2 ** 40, totalMs: Infinity } });
  vi.advanceTimersByTime(86_400_000);
  expect(kind()).toBeNull();
});

test('closing leaves no timer behind', () => {
  const { timers } = start();
  timers.sawContent();
  timers.close();
  expect(vi.getTimerCount()).toBe(0);
});

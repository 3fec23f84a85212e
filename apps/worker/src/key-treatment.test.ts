import { FailureKind } from '@sluice/contract';
import { describe, expect, test } from 'vitest';
import type { AttemptResult } from './attempt-result.ts';
import { decideKeyTreatment } from './key-treatment.ts';

const failed = (kind: FailureKind, retryAfterMs: number | null = null): AttemptResult => ({
  type: 'failed',
  kind,
  message: 'It failed.',
  retryAfterMs,
  tokens: null,
});

describe('decideKeyTreatment', () => {
  test('a good answer is good news, whatever its reason to end', () => {
    const result: AttemptResult = { type: 'finished', reason: 'content_filter', tokens: null, requestId: null };
    expect(decideKeyTreatment(result)).toEqual({ outcome: 'ok', coolMs: 0, isRefused: false });
  });

  test('a 429 cools the key as long as it says, else 5 s, and never for nothing', () => {
    expect(decideKeyTreatment(failed('rate_limited', 20_000)).coolMs).toBe(20_000);
    expect(decideKeyTreatment(failed('rate_limited')).coolMs).toBe(5000);
    expect(decideKeyTreatment(failed('rate_limited', 0)).coolMs).toBe(500);
  });

  test('an overloaded provider is left alone as long as it says, and is a fault', () => {
    expect(decideKeyTreatment(failed('overloaded', 3000))).toEqual({ outcome: 'fault', coolMs: 3000, isRefused: false });
    expect(decideKeyTreatment(failed('overloaded')).coolMs).toBe(0);
  });

  test('a refused key is taken out of use, an empty account rests for long', () => {
    expect(decideKeyTreatment(failed('auth'))).toEqual({ outcome: 'none', coolMs: 5000, isRefused: true });
    expect(decideKeyTreatment(failed('quota', 1000))).toEqual({ outcome: 'none', coolMs: 600_000, isRefused: false });
  });

  test('what is the request’s fault, or nobody’s, never counts against a key', () => {
    for (const kind of ['bad_request', 'context_too_long', 'content_filtered'] as const) {
      expect(decideKeyTreatment(failed(kind))).toEqual({ outcome: 'ok', coolMs: 0, isRefused: false });
    }
    for (const kind of ['cancelled', 'timeout_total'] as const) {
      expect(decideKeyTreatment(failed(kind))).toEqual({ outcome: 'none', coolMs: 0, isRefused: false });
    }
  });

  test('only a key that was refused is disabled', () => {
    expect(FailureKind.options.filter((kind) => decideKeyTreatment(failed(kind)).isRefused)).toEqual(['auth']);
  });
});

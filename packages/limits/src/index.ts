export type {
  Admission,
  AdmissionKey,
  AdmissionLease,
  AdmissionRequest,
  Admitted,
  KeyLimits,
  KeyRest,
  LimitUse,
  RefusalScope,
  RestTarget,
} from './admission.ts';
export type { BreakerChange, CallOutcome } from './breaker.ts';
export * from './memory-admission.ts';
export * from './memory-rate-limiter.ts';
export * from './rate-limiter.ts';
export * from './redis-admission.ts';
export * from './redis-rate-limiter.ts';

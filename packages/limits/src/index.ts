export type { Admission, AdmissionKey, AdmissionLease, AdmissionRequest, Admitted, CoolDownTarget, KeyLimits } from './admission.ts';
export * from './memory-admission.ts';
export * from './memory-rate-limiter.ts';
export * from './rate-limiter.ts';
export * from './redis-admission.ts';
export * from './redis-rate-limiter.ts';

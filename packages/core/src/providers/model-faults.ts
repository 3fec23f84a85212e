import type { Fault } from '@sluice/contract';
import { AppError } from '@sluice/platform';

export interface ModelSizes {
  contextWindow: number | null;
  maxOutputTokens: number | null;
  defaultMaxTokens: number;
}

/** Refuses sizes that contradict each other. @throws AppError `invalid_request` */
export function refuseWrongSizes({ contextWindow, maxOutputTokens, defaultMaxTokens }: ModelSizes): void {
  const faults: Fault[] = [];
  if (contextWindow !== null && maxOutputTokens !== null && maxOutputTokens > contextWindow) {
    faults.push({ path: 'max_output_tokens', message: `must not be above context_window (${contextWindow})` });
  }
  const ceiling = maxOutputTokens ?? contextWindow;
  if (ceiling !== null && defaultMaxTokens > ceiling) {
    faults.push({ path: 'default_max_tokens', message: `must not be above what the model can answer (${ceiling})` });
  }
  refuse(faults);
}

/** @throws AppError `invalid_request` with all faults, if there are any */
export function refuse(faults: Fault[]): void {
  const [first] = faults;
  if (first) throw new AppError('invalid_request', `${first.path}: ${first.message}`, { param: first.path, faults });
}

import type { ModelCapability } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { ModelForSubmit } from './find-model.ts';

/** Refuses a model for what it is not said to be able to do. @throws AppError invalid_request */
export function refuseIncapable({ alias, capabilities }: Pick<ModelForSubmit, 'alias' | 'capabilities'>, needed: ModelCapability): void {
  if (capabilities.includes(needed)) return;
  const message = `The model ${alias} is for ${capabilities.join(', ')}, not for ${needed}; GET /v1/models lists what each model can do.`;
  throw new AppError('invalid_request', message, { param: 'model', faults: [{ path: 'model', message }] });
}

import { AppError } from '@sluice/platform';

/** The error of a list whose `after` names nothing that the caller may see. */
export function unknownCursor(): AppError {
  const fault = { path: 'after', message: 'is not the id of an object of this list' };
  return new AppError('invalid_request', `${fault.path}: ${fault.message}`, { param: fault.path, faults: [fault] });
}

import { EgressError, type Egress } from '@sluice/egress';
import { AppError } from '@sluice/platform';

interface GivenUrl {
  field: string;
  url: string | undefined;
}

/**
 * Tells a caller at once what can be said about a URL without dialling it.
 * @throws AppError `invalid_request` naming the field
 */
export function refuseUrl(egress: Egress, { field, url }: GivenUrl): void {
  if (url === undefined) return;
  try {
    egress.check(url);
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    const fault = { path: field, message: error.message };
    throw new AppError('invalid_request', `${field}: ${error.message}`, { param: field, faults: [fault], cause: error });
  }
}

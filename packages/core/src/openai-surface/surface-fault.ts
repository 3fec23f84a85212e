import { AppError } from '@sluice/platform';
import type { SurfaceName } from '../jobs/index.ts';

/** Where a chat message or a parameter of ours stands in the body of a route of OpenAI's. */
const places: Partial<Record<SurfaceName, [from: RegExp, to: string][]>> = {
  chat: [[/^params\./, '']],
  responses: [
    [/^params\.response_format\.json_schema\.schema/, 'text.format.schema'],
    [/^messages\b.*/, 'input'],
  ],
};

/** Makes a fault that was found in the job of a request tell of the field that its caller sent. */
export function atSurface(name: SurfaceName, error: unknown): unknown {
  if (!(error instanceof AppError) || error.param === null) return error;
  const { param } = error;
  const [from, to] = places[name]?.find(([pattern]) => pattern.test(param)) ?? [];
  if (from === undefined || to === undefined) return error;
  const renamed = param.replace(from, to);
  return new AppError(error.code, error.message.replace(param, renamed), { param: renamed, faults: error.faults });
}

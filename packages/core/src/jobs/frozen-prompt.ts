import type { JobParams } from '@sluice/contract';

/** What a job asks when its request names a template instead of saying it. */
export interface FrozenPrompt {
  /** The version of the template. */
  versionId: string;
  /** As readers see it: `slug@version`. */
  name: string;
  messages: unknown[];
  /** The template's, and over them the request's. */
  params: JobParams;
}

import type { JobParams } from '@sluice/contract';

/** One entry of a model's ordered list: which provider, and under which name it knows the model. */
export interface Route {
  providerId: string;
  /** The provider's name, for readers. */
  provider: string;
  model: string;
}

/** What is sent to the provider, frozen at submit. */
export interface JobRequest {
  messages: unknown[];
  params: JobParams;
}

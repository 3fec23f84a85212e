/** Through which door a job was asked: natively, or in the words of a route that others know. */
export type SurfaceName = 'jobs' | 'chat' | 'responses' | 'embeddings' | 'rerank' | 'moderations';

/** What a job keeps so that it can be shown in the words it was asked in. */
export interface Surface {
  name: SurfaceName;
  /** Goes on without a client. */
  isBackground: boolean;
  /** False: its content is forgotten soon after its end. */
  isStored: boolean;
  /** What its object repeats of the request; null when that is nothing. */
  echo: unknown;
  /** The items it was asked with; null when they are not to be listed. */
  input: unknown[] | null;
  /** The parsed body: what an idempotency key stands for. */
  body: unknown;
}

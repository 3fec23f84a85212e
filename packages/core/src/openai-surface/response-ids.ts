/** A response is a job under another prefix. */
export const responseIdOf = (jobId: string): string => jobId.replace(/^job_/, 'resp_');
export const completionIdOf = (jobId: string): string => jobId.replace(/^job_/, 'chatcmpl-');

/** The job of a response; an id of another shape is nobody's. */
export const jobIdOf = (responseId: string): string => responseId.replace(/^resp_/, 'job_');

/**
 * Ids of a response's items: made of its own, so that they need not be stored and an item can be found by its id alone. A stream
 * that has to show a second item of the same kind adds a number.
 */
export const itemIds = {
  message: (jobId: string): string => jobId.replace(/^job_/, 'msg_'),
  reasoning: (jobId: string): string => jobId.replace(/^job_/, 'rs_'),
  functionCall: (jobId: string, rank: number): string => `${jobId.replace(/^job_/, 'fc_')}_${rank}`,
  input: (jobId: string, index: number): string => `${jobId.replace(/^job_/, 'msg_')}_i${index}`,
};

/** The job that an item id was made from; null for an id from elsewhere. */
export function jobIdOfItem(itemId: string): string | null {
  const match = /^(?:msg|rs|fc)_([0-9a-z]{26})(?:_\w+)?$/.exec(itemId);
  return match ? `job_${match[1]}` : null;
}

/** What a model that gives its calls no id is held to have said. */
export const callIdOf = (jobId: string, { id }: { id: string }, rank: number): string => id || `${jobId.replace(/^job_/, 'call_')}_${rank}`;

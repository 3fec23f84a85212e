import { createModelDirectory, getCallableProvider, type ClaimedJob, type JobWork, type ModelForSubmit } from '@sluice/core';
import { AppError, type Closers } from '@sluice/platform';
import { ProviderFailure, type WholeAnswer } from '@sluice/providers';
import type { AttemptResult } from './attempt-result.ts';
import { userTexts } from './user-texts.ts';
import type { WorkerParts } from './parts.ts';

type Refusal = Extract<AttemptResult, { type: 'failed' }>;
type Judged = Pick<ClaimedJob, 'jobId' | 'deadlineInMs'> & JobWork;

/** Has questions judged by the model behind `default:moderation` before they are asked. */
export interface Moderation {
  /** Why this job must not be asked; null when it may be. */
  findRefusal(job: Judged, signal: AbortSignal): Promise<Refusal | null>;
}

const modelName = 'default:moderation';
const modelTtlMs = 5000;

/** A judgement is short, and the question waits for it. */
const timeoutMs = 10_000;

/** Null where `MODERATION` is off, which costs a job nothing. */
export async function startModeration(parts: WorkerParts, closers: Closers): Promise<Moderation | null> {
  const { settings, bell, db, log } = parts;
  if (settings.MODERATION === 'off') return null;
  const models = createModelDirectory({ em: () => db.em(), ttlMs: modelTtlMs });
  closers.add('moderation bell', await bell.listen('providers', () => models.forget()));
  return {
    async findRefusal(job, signal) {
      const texts = job.kind === 'text' ? userTexts(job.request.messages) : [];
      if (texts.length === 0) return null;
      try {
        const model = await models.find(modelName);
        if (!model) throw new AppError('unavailable', `no model stands for ${modelName}`);
        return renderRefusal(await ask(parts, model, { texts, deadlineInMs: job.deadlineInMs, signal }));
      } catch (error) {
        if (!(error instanceof AppError || error instanceof ProviderFailure)) throw error;
        if (signal.aborted || settings.MODERATION === 'fail-closed') return renderFault(error, signal);
        log.warn({ err: error, jobId: job.jobId }, 'the question could not be judged and is asked without');
        return null;
      }
    },
  };
}

interface Question {
  texts: string[];
  deadlineInMs: number;
  signal: AbortSignal;
}

/** Asks the model's routes in their order until one answers. @throws ProviderFailure, AppError of the last one */
async function ask(parts: WorkerParts, { routes }: ModelForSubmit, question: Question): Promise<WholeAnswer> {
  let last: unknown;
  for (const route of routes) {
    try {
      return await askRoute(parts, route, question);
    } catch (error) {
      last = error;
      if (question.signal.aborted) break;
    }
  }
  throw last;
}

async function askRoute(
  { db, vault, chatClient }: WorkerParts,
  { providerId, model }: ModelForSubmit['routes'][number],
  { texts, deadlineInMs, signal }: Question,
): Promise<WholeAnswer> {
  const { baseUrl, quirks, key } = await getCallableProvider(db.em(), vault, { providerId, keyId: null });
  const totalMs = Math.max(1, Math.min(timeoutMs, deadlineInMs));
  const timeouts = { connectMs: totalMs, firstTokenMs: totalMs, idleMs: totalMs, totalMs };
  return chatClient.ask({ baseUrl, quirks, apiKey: key.secret, model, task: { kind: 'moderation', input: texts }, timeouts }, signal);
}

function renderRefusal({ result }: WholeAnswer): Refusal | null {
  const flagged = result.kind === 'moderation' ? result.results.filter((judged) => judged.flagged) : [];
  if (flagged.length === 0) return null;
  const found = flagged.flatMap(({ categories }) => Object.entries(categories).flatMap(([name, isFound]) => (isFound ? [name] : [])));
  const message = `The question was refused by moderation (${[...new Set(found)].join(', ') || 'flagged'}).`;
  return { type: 'failed', kind: 'content_filtered', message, retryAfterMs: null, tokens: null };
}

/** The provider that would be asked is not to blame, so it is another one's fault that is tried again. */
function renderFault(error: AppError | ProviderFailure, signal: AbortSignal): Refusal {
  const message = `The question could not be judged by moderation: ${error.message}`;
  return {
    type: 'failed',
    kind: signal.aborted ? 'cancelled' : 'server_error',
    message,
    retryAfterMs: error.retryAfterMs ?? null,
    tokens: null,
  };
}

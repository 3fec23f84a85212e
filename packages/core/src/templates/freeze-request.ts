import type { SubmitJobRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import { planCache, refuseWrongImages, type CacheSettings, type CacheTerms } from '../jobs/index.ts';
import { refuseIncapable, type ModelDirectory, type ModelForSubmit } from '../providers/index.ts';
import { findFrozenTemplate, type FrozenTemplate } from './freeze-template.ts';
import type { TemplateDirectory } from './template-directory.ts';

/** Where what a request names is looked up. */
export interface RequestDirectories {
  models: ModelDirectory;
  templates: TemplateDirectory;
  settings: CacheSettings;
}

/** What a request names, as it is now. */
export interface FrozenRequest {
  model: ModelForSubmit;
  /** Null for a request that names no template. */
  prompt: FrozenTemplate | null;
  /** Null for a job that does not use the result cache. */
  cache: CacheTerms | null;
}

/**
 * Freezes the model and the template that a request names.
 * @throws AppError not_found for a model that does not exist or has no provider, or for a template; invalid_request with every
 * fault of its variables, or for a model that is for something else, or of its images
 */
export async function freezeRequest(
  { models, templates, settings }: RequestDirectories,
  userId: string,
  request: SubmitJobRequest,
): Promise<FrozenRequest> {
  const { kind = 'text' } = request;
  const prompt = 'template' in request ? await findFrozenTemplate(templates, userId, request) : null;
  const alias = request.model ?? prompt?.model ?? '';
  const model = await models.find(alias);
  if (!model) throw unknownModel(alias);
  refuseIncapable(model, kind);
  if ('messages' in request) refuseWrongImages(request.messages ?? [], model);
  return { model, prompt, cache: planCache(request.cache, model, settings) };
}

function unknownModel(alias: string): AppError {
  const isDefault = alias.startsWith('default:');
  const message = isDefault
    ? `No model stands for ${alias} here yet; name a \`model\`, or let an administrator choose one.`
    : `There is no model ${alias}; GET /v1/models lists them.`;
  return new AppError('not_found', message, { param: 'model' });
}

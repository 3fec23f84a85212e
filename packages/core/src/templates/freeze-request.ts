import type { SubmitJobRequest, SubmitTextRequest } from '@sluice/contract';
import { AppError, type Settings } from '@sluice/platform';
import { planCache, refuseWrongImages, refuseWrongParts, refuseWrongSchema, type CacheSettings, type CacheTerms } from '../jobs/index.ts';
import { chooseKey, type OwnKeyDirectory } from '../own-keys/index.ts';
import { refuseIncapable, type ModelDirectory, type ModelForSubmit } from '../providers/index.ts';
import { findFrozenTemplate, type FrozenTemplate } from './freeze-template.ts';
import type { TemplateDirectory } from './template-directory.ts';

/** Where what a request names is looked up. */
export interface RequestDirectories {
  models: ModelDirectory;
  templates: TemplateDirectory;
  ownKeys: OwnKeyDirectory;
  settings: CacheSettings & Pick<Settings, 'BYOK_PRICE_FACTOR'>;
}

/** What a request names, as it is now. */
export interface FrozenRequest {
  /** With the routes that the job may take. */
  model: ModelForSubmit;
  /** Null for a request that names no template. */
  prompt: FrozenTemplate | null;
  usesOwnKey: boolean;
  priceFactor: string;
  /** Null for a job that does not use the result cache. */
  cache: CacheTerms | null;
}

/**
 * Freezes the model and the template that a request names, and whose provider keys it is called with.
 * @throws AppError not_found for a model that does not exist or has no provider, or for a template; invalid_request with every
 * fault of its variables, for a model that is for something else, of its images or of the schema of its answer; as `chooseKey`
 */
export async function freezeRequest(
  { models, templates, ownKeys, settings }: RequestDirectories,
  userId: string,
  request: SubmitJobRequest,
): Promise<FrozenRequest> {
  const { kind = 'text' } = request;
  const prompt = 'template' in request ? await findFrozenTemplate(templates, userId, request) : null;
  const alias = request.model ?? prompt?.model ?? '';
  const model = await models.find(alias);
  if (!model) throw unknownModel(alias);
  refuseIncapable(model, kind);
  if (request.kind === 'moderation') refuseWrongParts(request.input);
  if ('messages' in request) refuseWrongImages(request.messages ?? [], model);
  if (request.kind === undefined || request.kind === 'text') refuseWrongAnswer(request, prompt);
  const { key = 'platform' } = request;
  const { usesOwnKey, routes } = chooseKey(model, key, key === 'platform' ? [] : await ownKeys.find(userId));
  return {
    model: { ...model, routes },
    prompt,
    usesOwnKey,
    priceFactor: usesOwnKey ? settings.BYOK_PRICE_FACTOR : '1',
    cache: planCache(request.cache, model, settings),
  };
}

function refuseWrongAnswer({ params, output_check: check }: SubmitTextRequest, prompt: FrozenTemplate | null): void {
  refuseWrongSchema(prompt?.params ?? params, check);
}

function unknownModel(alias: string): AppError {
  const isDefault = alias.startsWith('default:');
  const message = isDefault
    ? `No model stands for ${alias} here yet; name a \`model\`, or let an administrator choose one.`
    : `There is no model ${alias}; GET /v1/models lists them.`;
  return new AppError('not_found', message, { param: 'model' });
}

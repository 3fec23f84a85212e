import type { JobParams, SubmitTextRequest, TemplateValues } from '@sluice/contract';
import type { FrozenPrompt } from '../jobs/index.ts';
import { renderOutputFormat } from './output-format.ts';
import { renderTemplate, type PromptMessage } from './render-template.ts';
import type { TemplateDirectory, TemplateForSubmit } from './template-directory.ts';

/** A template filled in: what a job of it keeps. */
export interface FrozenTemplate extends FrozenPrompt {
  messages: PromptMessage[];
  /** What the template asks for: an alias, or `default:` and a capability. */
  model: string;
}

/**
 * Fills in the template that a request names; null when it names none. The request's params go over the template's.
 * @throws AppError `not_found`, `conflict` when it has only drafts, or `invalid_request` with every fault of the variables
 */
export async function findFrozenTemplate(
  directory: TemplateDirectory,
  userId: string,
  request: SubmitTextRequest,
): Promise<FrozenTemplate | null> {
  if (request.template === undefined) return null;
  return freezeTemplate(await directory.find(userId, request.template), request.variables ?? {}, request.params);
}

/** The same for a template that was found already. Pure. */
export function freezeTemplate(
  { versionId, name, slug, compiled }: TemplateForSubmit,
  variables: TemplateValues,
  params: JobParams,
): FrozenTemplate {
  const { content } = compiled;
  const format = renderOutputFormat(content.output, slug);
  return {
    versionId,
    name,
    model: content.model,
    messages: renderTemplate(compiled, variables),
    params: { ...content.params, ...(format && { response_format: format }), ...params },
  };
}

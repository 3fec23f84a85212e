import { SubmitJobRequest, type RenderedTemplateObject, type RenderTemplateRequest } from '@sluice/contract';
import { compileTemplate, estimateInput, freezeTemplate, getTemplate, planJob, type FrozenTemplate, type Principal } from '@sluice/core';
import { AppError } from '@sluice/platform';
import type { JobParts } from '../jobs/parts.ts';

/**
 * What a job of this template would ask and can cost: the same steps as a submit, but for the row. Who may edit the template sees
 * its newest version, draft or not.
 * @throws AppError not_found, or invalid_request with every fault of the variables
 */
export async function previewTemplate(
  parts: JobParts,
  caller: Principal,
  ref: string,
  { variables, model, params }: RenderTemplateRequest,
): Promise<RenderedTemplateObject> {
  const { versionId, slug, version, content } = await getTemplate(parts.db.em(), caller, ref);
  const found = { versionId, slug, name: `${slug}@${version}`, compiled: compileTemplate(content) };
  const prompt = freezeTemplate(found, variables, params);
  const alias = model ?? prompt.model;
  return {
    object: 'rendered_template',
    template: prompt.name,
    model: alias,
    messages: prompt.messages,
    params: prompt.params,
    input_tokens: estimateInput(prompt.messages, [prompt.params.tools, prompt.params.response_format].filter(Boolean)),
    estimate: await estimateJob(parts, caller, alias, prompt),
  };
}

async function estimateJob(
  { models, clock }: JobParts,
  { userId }: Principal,
  alias: string,
  prompt: FrozenTemplate,
): Promise<RenderedTemplateObject['estimate']> {
  const model = await models.find(alias).catch(nullForCaller);
  if (!model || model.routes.length === 0) return null;
  const request = SubmitJobRequest.parse({ template: prompt.name });
  const draft = planJob({ userId, apiKeyId: null, idempotencyKey: null, request, model, prompt, now: clock() });
  return { input_tokens: draft.inputEstimate, max_output_tokens: draft.maxTokens, max_cost: draft.hold };
}

/** A model without a price or a key cannot be asked now; its prompt can be looked at all the same. */
function nullForCaller(error: unknown): null {
  if (error instanceof AppError) return null;
  throw error;
}

import {
  CreateTemplateRequest,
  DeletedTemplateObject,
  listOf,
  RenderedTemplateObject,
  RenderTemplateRequest,
  TemplateListQuery,
  TemplateObject,
  UpdateTemplateRequest,
} from '@sluice/contract';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';

const tags = ['Templates'];

/** Named prompts. */
export const templatePaths: ZodOpenApiPathsObject = {
  '/v1/templates': {
    get: operation({
      tags,
      summary: 'List your templates and the built-in ones',
      requestParams: { query: TemplateListQuery },
      responses: answers({ 200: listOf(TemplateObject) }),
    }),
    post: operation({
      tags,
      summary: 'Make a template',
      description: 'One of your own hides a built-in one with the same slug, for you alone.',
      requestParams: idempotencyHeader,
      requestBody: body(CreateTemplateRequest),
      responses: answers({ 201: TemplateObject }),
    }),
  },
  '/v1/templates/{id}': {
    get: operation({
      tags,
      summary: 'Show a template, by id or slug; `slug@3` is its version 3',
      requestParams: inPath('id'),
      responses: answers({ 200: TemplateObject }),
    }),
    patch: operation({
      tags,
      summary: 'Change a template: a new version',
      description: 'A draft leaves jobs at the published version. Jobs that were submitted keep the version they have.',
      requestParams: inPath('id'),
      requestBody: body(UpdateTemplateRequest),
      responses: answers({ 200: TemplateObject }),
    }),
    delete: operation({
      tags,
      summary: 'Delete a template',
      requestParams: inPath('id'),
      responses: answers({ 200: DeletedTemplateObject }),
    }),
  },
  '/v1/templates/{id}/render': {
    post: operation({
      tags,
      summary: 'Fill a template in without asking a model, and see what a job of it can cost',
      requestParams: inPath('id'),
      requestBody: body(RenderTemplateRequest),
      responses: answers({ 200: RenderedTemplateObject }),
    }),
  },
};

import { CreateTemplateRequest, presentList, RenderTemplateRequest, TemplateListQuery, UpdateTemplateRequest } from '@sluice/contract';
import {
  createTemplate,
  deleteTemplate,
  getTemplate,
  listTemplates,
  presentTemplate,
  updateTemplate,
  type Principal,
  type TemplateEditor,
} from '@sluice/core';
import { Router } from 'express';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import type { JobParts } from '../jobs/parts.ts';
import { previewTemplate } from '../templates/preview-template.ts';

/** Who writes for everybody is an administrator, and says so with a credential that may. */
function editorOf({ userId, role, scopes }: Principal): TemplateEditor {
  return { userId, role, mayEditBuiltIn: role === 'admin' && scopes.includes('admin:write') };
}

/** Named prompts: a user's own, and the built-in ones. */
export function templateRoutes(parts: JobParts): Router {
  const { db, clock } = parts;
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(TemplateListQuery, req.query);
    const templates = await listTemplates(db.em(), principalOf(req), query);
    res.json(presentList(templates.map(presentTemplate), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateTemplateRequest, req.body);
    const create = { editor: editorOf(principalOf(req)), idempotencyKey: idempotencyKeyOf(req), request, now: clock() };
    const template = await createTemplate(db.em(), create);
    res.status(201).location(`/v1/templates/${template.id}`).json(presentTemplate(template));
  });

  router.get('/:id', async (req, res) => {
    res.json(presentTemplate(await getTemplate(db.em(), principalOf(req), req.params.id)));
  });

  router.patch('/:id', async (req, res) => {
    const changes = parse(UpdateTemplateRequest, req.body);
    const editor = editorOf(principalOf(req));
    res.json(presentTemplate(await updateTemplate(db.em(), { editor, ref: req.params.id, changes, now: clock() })));
  });

  router.delete('/:id', async (req, res) => {
    const id = await deleteTemplate(db.em(), { editor: editorOf(principalOf(req)), ref: req.params.id, now: clock() });
    res.json({ id, object: 'template', deleted: true });
  });

  router.post('/:id/render', async (req, res) => {
    const request = parse(RenderTemplateRequest, req.body ?? {});
    res.json(await previewTemplate(parts, principalOf(req), req.params.id, request));
  });

  return router;
}

import { createPages, type PageQuery, type Pages } from './pages.ts';
import type { CallOptions, CreateOptions, Transport } from './transport.ts';
import type { RenderedTemplate, RenderRequest, Template, TemplateRequest } from './wire.ts';

export interface TemplateQuery extends PageQuery {
  search?: string | undefined;
  category?: string | undefined;
  tag?: string | undefined;
  language?: Template['language'] | undefined;
  source?: Template['source'] | undefined;
}

/** Templates go by id or slug. */
export interface Templates {
  list(query?: TemplateQuery, options?: CallOptions): Pages<Template>;
  get(template: string, options?: CallOptions): Promise<Template>;
  create(request: TemplateRequest, options?: CreateOptions): Promise<Template>;
  /** Makes a new version. */
  update(template: string, changes: Partial<TemplateRequest>, options?: CallOptions): Promise<Template>;
  delete(template: string, options?: CallOptions): Promise<void>;
  /** Shows what a job with these variables would ask, and what it could cost. */
  render(template: string, request: RenderRequest, options?: CallOptions): Promise<RenderedTemplate>;
}

export function createTemplates(transport: Transport): Templates {
  const pathOf = (template: string) => `/v1/templates/${encodeURIComponent(template)}`;
  return {
    list: (query, options) => createPages<Template>(transport, '/v1/templates', query, options),
    get: (template, options) => transport.json({ ...options, path: pathOf(template) }),
    create: (body, options) => transport.json({ ...options, method: 'POST', path: '/v1/templates', body }),
    update: (template, body, options) => transport.json({ ...options, method: 'PATCH', path: pathOf(template), body }),
    delete: (template, options) => transport.json({ ...options, method: 'DELETE', path: pathOf(template) }),
    render: (template, body, options) => transport.json({ ...options, method: 'POST', path: `${pathOf(template)}/render`, body }),
  };
}

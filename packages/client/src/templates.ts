import { createPages, type PageQuery, type Pages } from './pages.ts';
import type { CallOptions, CreateOptions, Transport } from './transport.ts';
import type { JobParams } from './wire.ts';

export interface TemplateRequest {
  slug: string;
  name: string;
  name_zh?: string;
  category?: string;
  tags?: string[];
  description?: string;
  /** A model, or `default:text` and the like. */
  model?: string;
  system?: string;
  user: string;
  /** JSON schema of an object. */
  variables?: Record<string, unknown>;
  params?: JobParams;
  output?: { kind: 'text' | 'markdown' | 'json'; schema?: Record<string, unknown> };
}

export interface Template extends TemplateRequest {
  id: string;
  object: 'template';
  version: number;
  status: 'draft' | 'published';
  source: 'own' | 'built_in';
}

export interface RenderRequest {
  variables?: Record<string, unknown>;
  /** Instead of the template's. */
  model?: string;
  /** Over the template's. */
  params?: JobParams;
}

export interface RenderedTemplate {
  object: 'rendered_template';
  /** With its version, such as `product-description@3`. */
  template: string;
  model: string;
  messages: { role: 'system' | 'user'; content: string }[];
  params: JobParams;
  input_tokens: number;
  /** The most that a job of it uses and costs; null when there is no such model. */
  estimate: { input_tokens: number; max_output_tokens: number; max_cost: string } | null;
}

export interface TemplateQuery extends PageQuery {
  search?: string;
  category?: string;
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

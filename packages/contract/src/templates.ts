import { z } from 'zod';
import { Credits } from './credits.ts';
import { JobParams } from './jobs.ts';
import { ListQuery } from './lists.ts';
import { ModelCapability } from './models.ts';
import { TemplateSlug, TemplateValues } from './template-ref.ts';
import { OpaqueJson, text } from './text.ts';

const variablesMax = 50;
const itemsMax = 1000;

/** Names that every object has cannot be told from variables in every place. */
function faultOfName(name: string): string | null {
  if (name in Object.prototype) return 'is a reserved name';
  return /^\p{L}[\p{L}\p{N}_]{0,63}$/u.test(name) ? null : 'must be named by up to 64 letters, digits and _ and begin with a letter';
}

const label = text(200).optional();
const help = text(1000).optional();
const labels = { title: label, title_zh: label, description: help, description_zh: help };
const length = z.int().min(0).max(4_000_000).optional();
const choices = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(200).optional();

const TextVariable = z.strictObject({
  type: z.literal('string'),
  ...labels,
  enum: choices(text(200)),
  default: text(10_000).optional(),
  minLength: length,
  maxLength: length,
  multiline: z.boolean().optional().meta({ description: 'A form shows a large field' }),
});

const NumberVariable = z.strictObject({
  type: z.enum(['number', 'integer']),
  ...labels,
  enum: choices(z.number()),
  default: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

const BooleanVariable = z.strictObject({ type: z.literal('boolean'), ...labels, default: z.boolean().optional() });

const listSize = z.int().min(0).max(itemsMax).optional();
const ListVariable = z.strictObject({
  type: z.literal('array'),
  ...labels,
  items: z.strictObject({ type: z.enum(['string', 'number', 'integer']), enum: choices(z.union([text(200), z.number()])) }),
  default: z
    .array(z.union([text(10_000), z.number()]))
    .max(itemsMax)
    .optional(),
  minItems: listSize,
  maxItems: listSize,
});

const TemplateVariable = z.discriminatedUnion('type', [TextVariable, NumberVariable, BooleanVariable, ListVariable]);
export type TemplateVariable = z.infer<typeof TemplateVariable>;

/** JSON Schema of the object that fills a template in: the part of it that a form can show. Nothing undeclared is accepted. */
export const TemplateVariables = z
  .strictObject({
    type: z.literal('object').default('object'),
    properties: z
      .record(z.string(), TemplateVariable)
      .refine((properties) => Object.keys(properties).length <= variablesMax, { error: `has more than ${variablesMax} variables` })
      .superRefine((properties, context) => {
        for (const name of Object.keys(properties)) {
          const message = faultOfName(name);
          if (message) context.addIssue({ code: 'custom', message, path: [name] });
        }
      })
      .default({}),
    required: z.array(z.string()).max(variablesMax).default([]),
    additionalProperties: z.literal(false).default(false),
  })
  .superRefine(({ properties, required }, context) => {
    required.forEach((name, i) => {
      if (!Object.hasOwn(properties, name))
        context.addIssue({ code: 'custom', message: `${name} is not one of the properties`, path: ['required', i] });
    });
  })
  .meta({ id: 'TemplateVariables' });
export type TemplateVariables = z.infer<typeof TemplateVariables>;

/** `json` with a schema asks the provider for that schema; without one, for any JSON object. */
export const TemplateOutput = z
  .strictObject({ kind: z.enum(['text', 'markdown', 'json']).default('text'), schema: z.record(z.string(), OpaqueJson).optional() })
  .refine(({ kind, schema }) => schema === undefined || kind === 'json', { error: 'is for the kind json', path: ['schema'] });
export type TemplateOutput = z.infer<typeof TemplateOutput>;

export const TemplateLanguage = z.enum(['en', 'zh']).meta({ description: 'What the prompt is written in' });
export type TemplateLanguage = z.infer<typeof TemplateLanguage>;

export const TemplateStatus = z.enum(['draft', 'published']);
export type TemplateStatus = z.infer<typeof TemplateStatus>;

/** `built_in` is for everybody who uses this service; only administrators write those. */
export const TemplateSource = z.enum(['own', 'built_in']);
export type TemplateSource = z.infer<typeof TemplateSource>;

/** A model's alias, or `default:text` for whatever this service uses for text. */
const TemplateModel = z
  .string()
  .max(128)
  .regex(new RegExp(`^(?!default:)[A-Za-z0-9][A-Za-z0-9._:/@+-]*$|^default:(${ModelCapability.options.join('|')})$`), {
    error: 'must be a model name, or default: and a capability, such as default:text',
  });

const prompt = text(50_000);
const slugWord = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u, { error: 'must be up to 40 letters, digits, - and _' });

const contentFields = {
  name: text(100).min(1),
  name_zh: text(100),
  description: text(1000),
  description_zh: text(1000),
  category: slugWord,
  tags: z.array(slugWord).max(20),
  language: TemplateLanguage,
  model: TemplateModel,
  system: prompt.meta({ description: 'The system message, with tags such as {{topic}}; none when empty' }),
  user: prompt.min(1).meta({ description: 'The user message, with tags such as {{topic}}' }),
  variables: TemplateVariables,
  params: JobParams,
  output: TemplateOutput,
};

/** What a version of a template is, complete. */
export const TemplateContent = z.strictObject(contentFields);
export type TemplateContent = z.infer<typeof TemplateContent>;

const initial = {
  name_zh: contentFields.name_zh.default(''),
  description: contentFields.description.default(''),
  description_zh: contentFields.description_zh.default(''),
  category: contentFields.category.default('other'),
  tags: contentFields.tags.default([]),
  language: contentFields.language.default('en'),
  model: contentFields.model.default('default:text'),
  system: contentFields.system.default(''),
  variables: TemplateVariables.prefault({}),
  params: JobParams.default({}),
  output: TemplateOutput.prefault({}),
};

export const CreateTemplateRequest = z
  .strictObject({
    ...contentFields,
    ...initial,
    slug: TemplateSlug,
    status: TemplateStatus.default('published'),
    source: TemplateSource.default('own').meta({ description: '`built_in` is for everybody and takes an administrator' }),
  })
  .meta({ id: 'CreateTemplate' });
export type CreateTemplateRequest = z.infer<typeof CreateTemplateRequest>;

/** What is given replaces what the newest version has; each PATCH is a new version. */
export const UpdateTemplateRequest = z
  .strictObject({ ...contentFields, status: TemplateStatus })
  .partial()
  .meta({ id: 'UpdateTemplate' });
export type UpdateTemplateRequest = z.infer<typeof UpdateTemplateRequest>;

export const TemplateObject = z
  .object({
    id: z.string(),
    object: z.literal('template'),
    slug: z.string(),
    source: TemplateSource,
    version: z.int(),
    status: TemplateStatus,
    published_version: z.int().nullable().meta({ description: 'The version that jobs use; null: none yet' }),
    ...contentFields,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Template' });
export type TemplateObject = z.infer<typeof TemplateObject>;

export const TemplateListQuery = ListQuery.extend({
  search: text(200).optional().meta({ description: 'In slug, names, descriptions and tags' }),
  category: z.string().max(40).optional(),
  tag: z.string().max(40).optional(),
  language: TemplateLanguage.optional(),
  status: TemplateStatus.optional(),
  source: TemplateSource.optional(),
});
export type TemplateListQuery = z.infer<typeof TemplateListQuery>;

export const RenderTemplateRequest = z
  .strictObject({
    variables: TemplateValues.default({}),
    model: z.string().min(1).max(256).optional().meta({ description: "Instead of the template's" }),
    params: JobParams.default({}).meta({ description: "Over the template's" }),
  })
  .meta({ id: 'RenderTemplate' });
export type RenderTemplateRequest = z.infer<typeof RenderTemplateRequest>;

const count = z.int().nonnegative();

export const RenderedTemplateObject = z
  .object({
    object: z.literal('rendered_template'),
    template: z.string().meta({ examples: ['product-description@3'] }),
    model: z.string(),
    messages: z.array(z.object({ role: z.enum(['system', 'user']), content: z.string() })),
    params: JobParams,
    input_tokens: count.meta({ description: 'An upper estimate' }),
    estimate: z
      .object({ input_tokens: count, max_output_tokens: count, max_cost: Credits })
      .nullable()
      .meta({ description: 'The most that a job of it uses and costs; null when there is no such model here' }),
  })
  .meta({ id: 'RenderedTemplate' });
export type RenderedTemplateObject = z.infer<typeof RenderedTemplateObject>;

export const DeletedTemplateObject = z
  .object({ id: z.string(), object: z.literal('template'), deleted: z.literal(true) })
  .meta({ id: 'DeletedTemplate' });

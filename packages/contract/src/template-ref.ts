import { z } from 'zod';
import { OpaqueJson, text } from './text.ts';

/** The name a template is called by. It never changes; an id has an underscore and a slug has none. */
export const TemplateSlug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'must be up to 64 of a-z, 0-9 and - and begin with a letter or digit' });

/** A template by id or slug, and the version behind an `@` where one is meant: `product-description@3`. */
export const TemplateRef = z
  .string()
  .max(100)
  .regex(/^(tpl_[0-9a-z]{1,40}|[a-z0-9][a-z0-9-]*)(@[1-9]\d{0,8})?$/, {
    error: 'must be the id or slug of a template, with @version behind it if one is meant',
  })
  .meta({ description: 'An id or a slug; `slug@3` is that version, else the newest published one', examples: ['product-description'] });

/** Values by name, to be checked against the template's own schema. */
export const TemplateValues = z.record(text(64), OpaqueJson);
export type TemplateValues = z.infer<typeof TemplateValues>;

import type { TemplateObject } from '@sluice/contract';
import type { TemplateRow } from './template-row.ts';

/** A template as callers see it, at one of its versions. */
export function presentTemplate({
  id,
  userId,
  slug,
  published,
  version,
  status,
  content,
  createdAt,
  versionCreatedAt,
}: TemplateRow): TemplateObject {
  return {
    id,
    object: 'template',
    slug,
    source: userId === null ? 'built_in' : 'own',
    version,
    status,
    published_version: published,
    ...content,
    created_at: createdAt,
    updated_at: versionCreatedAt,
  };
}

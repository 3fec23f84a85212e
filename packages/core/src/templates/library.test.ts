import { expect, test } from 'vitest';
import type { TemplateVariable } from '@sluice/contract';
import { compileTemplate } from './compile-template.ts';
import { renderOutputFormat } from './output-format.ts';
import { readLibrary } from './read-library.ts';
import { renderTemplate } from './render-template.ts';

const library = await readLibrary();
const hasChinese = (text: string) => /\p{Script=Han}/u.test(text);

function sampleOf(name: string, { type, ...variable }: TemplateVariable): unknown {
  if ('enum' in variable && variable.enum) return variable.enum[0];
  if (variable.default !== undefined) return variable.default;
  if (type === 'integer' || type === 'number') return 'minimum' in variable ? (variable.minimum ?? 1) : 1;
  if (type === 'boolean') return true;
  if (type === 'array') return [`first ${name}`, `second ${name}`];
  return `<${name}>`;
}

test('it has at least 120 prompts in 12 categories, each in English and in Chinese, under slugs of their own', () => {
  const slugs = library.map(({ slug }) => slug);
  expect(new Set(slugs).size).toBe(slugs.length);
  const prompts = slugs.filter((slug) => !slug.endsWith('-zh'));
  expect(slugs.filter((slug) => slug.endsWith('-zh')).toSorted()).toEqual(prompts.map((slug) => `${slug}-zh`).toSorted());
  expect(prompts.length).toBeGreaterThanOrEqual(120);
  expect(new Set(library.map(({ content }) => content.category)).size).toBeGreaterThanOrEqual(12);
  const asked = ['product-description', 'article-summary', 'marketing-copy', 'code-comment', 'data-report', 'entity-relation-extraction'];
  for (const slug of asked) expect(slugs).toContain(slug);
});

test.each(library)('$slug: every variable is used, every tag is declared, and it renders with any values', ({ content }) => {
  const compiled = compileTemplate(content);
  expect(compiled.unused).toEqual([]);
  const { properties, required } = content.variables;
  const all = Object.fromEntries(Object.entries(properties).map(([name, variable]) => [name, sampleOf(name, variable)]));
  const least = Object.fromEntries(required.map((name) => [name, all[name]]));
  const [fullest, shortest] = [renderTemplate(compiled, all), renderTemplate(compiled, least)];
  for (const [name, variable] of Object.entries(properties)) {
    if (variable.type === 'boolean') continue;
    for (const value of [all[name]].flat()) expect(fullest.map((message) => message.content).join('\n')).toContain(String(value));
  }
  for (const { content: text } of [...fullest, ...shortest]) expect(text).not.toMatch(/\{\{|\}\}|undefined|\[object|\n\n\n/);
});

test.each(library)('$slug: is complete, and is written in its language', ({ content }) => {
  const { name, name_zh: nameZh, description, description_zh: descriptionZh, tags, params, language, system, user, variables } = content;
  for (const text of [nameZh, descriptionZh]) expect(hasChinese(text)).toBe(true);
  for (const text of [name, description]) expect([text, hasChinese(text)]).toEqual([expect.stringMatching(/\S/), false]);
  expect(tags.length).toBeGreaterThan(0);
  expect(params).toEqual({ temperature: expect.any(Number), max_tokens: expect.any(Number) });
  expect(hasChinese(user)).toBe(language === 'zh');
  expect(hasChinese(system)).toBe(language === 'zh');
  expect(system.length).toBeGreaterThan(language === 'zh' ? 100 : 300);
  expect(variables.required.length).toBeGreaterThan(0);
  for (const variable of Object.values(variables.properties)) {
    expect([variable.title, hasChinese(variable.title ?? '')]).toEqual([expect.stringMatching(/\S/), false]);
    expect(hasChinese(variable.title_zh ?? '')).toBe(true);
  }
});

test.each(library.filter(({ content }) => content.output.kind === 'json'))(
  '$slug: a provider can hold the answer to its schema, and one that cannot is told the keys',
  ({ slug, content }) => {
    expect(content.system).toContain('JSON');
    const { schema } = content.output;
    if (!schema) return;
    expect(renderOutputFormat(content.output, slug)).toMatchObject({ type: 'json_schema', json_schema: { strict: true } });
    for (const key of keysOf(schema)) expect(content.system).toContain(key);
  },
);

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items } = schema as { properties?: Record<string, unknown>; items?: unknown };
  return [...Object.entries(properties ?? {}).flatMap(([key, inner]) => [key, ...keysOf(inner)]), ...keysOf(items)];
}

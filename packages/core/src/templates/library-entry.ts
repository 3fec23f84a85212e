import { TemplateContent, TemplateSlug, TemplateVariables } from '@sluice/contract';
import { z } from 'zod';

const inChinese = { enum_zh: z.array(z.string()).optional(), default_zh: z.unknown().optional() };
const Prompt = z.strictObject({ system: z.string().min(1), user: z.string().min(1) });

/** One prompt of the library, in both languages. `enum_zh` and `default_zh` are what the Chinese one has instead. */
const LibraryEntry = z.strictObject({
  slug: TemplateSlug.max(61),
  name: z.string().min(1),
  name_zh: z.string().min(1),
  description: z.string().min(1),
  description_zh: z.string().min(1),
  tags: z.array(z.string()).min(1),
  variables: z.record(z.string(), z.looseObject({ type: z.string(), title: z.string(), title_zh: z.string(), ...inChinese })),
  required: z.array(z.string()).min(1),
  params: TemplateContent.shape.params,
  output: TemplateContent.shape.output.prefault({}),
  model: z.string().default('default:text'),
  en: Prompt,
  zh: Prompt,
});
export type LibraryEntry = z.infer<typeof LibraryEntry>;

/** A file of the library: one category. */
export const LibraryFile = z.array(LibraryEntry).min(1);

/** A template as the library has it. */
export interface LibraryTemplate {
  slug: string;
  content: TemplateContent;
}

/** The two templates of an entry: `slug` in English and `slug-zh` in Chinese. */
export function planTemplates(entry: LibraryEntry, category: string): LibraryTemplate[] {
  return (['en', 'zh'] as const).map((language) => ({
    slug: language === 'en' ? entry.slug : `${entry.slug}-zh`,
    content: planContent(entry, category, language),
  }));
}

function planContent(entry: LibraryEntry, category: string, language: 'en' | 'zh'): TemplateContent {
  const { slug: _, en, zh, variables, required, ...rest } = entry;
  const prompt = language === 'en' ? en : zh;
  const properties = Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, planVariable(variable, language)]));
  return TemplateContent.parse({
    ...rest,
    category,
    language,
    system: prompt.system.trim(),
    user: prompt.user.trim(),
    variables: TemplateVariables.parse({ properties, required }),
  });
}

function planVariable(
  { enum_zh: choices, default_zh: initial, ...variable }: LibraryEntry['variables'][string],
  language: 'en' | 'zh',
): object {
  if (language === 'en') return variable;
  return { ...variable, ...(choices && { enum: choices }), ...(initial !== undefined && { default: initial }) };
}

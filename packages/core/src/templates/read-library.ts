import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { LibraryFile, planTemplates, type LibraryTemplate } from './library-entry.ts';

const folder = new URL('library/', import.meta.url);

/**
 * The templates that come with the service: one YAML file a category, an entry a prompt in both languages. Read at the start
 * only, not on import.
 * @throws ZodError or YAMLParseError for a file that does not fit
 */
export async function readLibrary(): Promise<LibraryTemplate[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  const files = await Promise.all(names.map(readCategory));
  return files.flat();
}

async function readCategory(name: string): Promise<LibraryTemplate[]> {
  const entries = LibraryFile.parse(parse(await readFile(new URL(name, folder), 'utf8')));
  return entries.flatMap((entry) => planTemplates(entry, name.replace('.yaml', '')));
}

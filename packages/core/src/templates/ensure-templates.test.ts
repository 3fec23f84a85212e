import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, type Database } from '../database/index.ts';
import { deleteTemplate } from './delete-template.ts';
import { applyLibrary, ensureTemplates } from './ensure-templates.ts';
import { getTemplate, type TemplateEditor } from './get-template.ts';
import type { LibraryTemplate } from './library-entry.ts';
import { listTemplates } from './list-templates.ts';
import { readLibrary } from './read-library.ts';
import { updateTemplate } from './update-template.ts';

let db: Database;
let close: () => Promise<unknown>;
let library: LibraryTemplate[];
const now = new Date();
const admin: TemplateEditor = { userId: 'usr_admin', role: 'admin', mayEditBuiltIn: true };

beforeAll(async () => {
  const store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
  close = () => db.close().then(store.close);
  library = await readLibrary();
});
afterAll(() => close?.());

const changed = (slug: string): LibraryTemplate[] =>
  library.map((template) => (template.slug === slug ? { ...template, content: { ...template.content, name: 'Newer' } } : template));

test('processes that start together write the library once, and a later start writes nothing', async () => {
  const counts = await Promise.all([ensureTemplates(db.em(), now), ensureTemplates(db.em(), now)]);
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, library.length]);
  expect(await ensureTemplates(db.em(), now)).toBe(0);
  expect(await getTemplate(db.em(), admin, 'product-description')).toMatchObject({ userId: null, version: 1, published: 1 });
  expect(await listTemplates(db.em(), admin, { limit: 20, order: 'desc', category: 'extraction' })).toHaveLength(18);
});

test('a release that changes a prompt makes a new version of it', async () => {
  expect(await applyLibrary(db.em(), changed('article-summary'), now)).toBe(1);
  expect(await getTemplate(db.em(), admin, 'article-summary')).toMatchObject({ version: 2, published: 2, content: { name: 'Newer' } });
  expect(await getTemplate(db.em(), admin, 'article-summary@1')).toMatchObject({ version: 1, content: { name: 'Article summary' } });
});

test('what an administrator changed is theirs, and what they deleted stays away', async () => {
  await updateTemplate(db.em(), { editor: admin, ref: 'code-comment', changes: { name: 'Ours' }, now });
  await deleteTemplate(db.em(), { editor: admin, ref: 'marketing-copy', now });
  expect(await applyLibrary(db.em(), changed('code-comment'), now)).toBe(1); // article-summary, back to what it was
  expect(await getTemplate(db.em(), admin, 'code-comment')).toMatchObject({ version: 2, content: { name: 'Ours' } });
  await expect(getTemplate(db.em(), admin, 'marketing-copy')).rejects.toMatchObject({ code: 'not_found' });
});

import { z } from 'zod';
import { text } from './text.ts';

/** `mask` puts `***` where a word of the list stands; `block` refuses the question, or ends the answer before the word. */
export const WordListAction = z.enum(['mask', 'block']);
export type WordListAction = z.infer<typeof WordListAction>;

export const WordListScope = z.enum(['input', 'output', 'both']);
export type WordListScope = z.infer<typeof WordListScope>;

export const listedWordsMax = 20_000;
const wordLengthMax = 100;

const Name = text(100).trim().min(1);
const Word = text(wordLengthMax).trim().min(1);
const Words = z.array(Word).max(listedWordsMax);

export const CreateWordListRequest = z
  .strictObject({
    name: Name,
    action: WordListAction,
    applies_to: WordListScope.default('both'),
    enabled: z.boolean().default(true),
    words: Words.default([]).meta({ description: 'Compared without case and width; a word that is there twice is kept once' }),
  })
  .meta({ id: 'CreateWordList' });
export type CreateWordListRequest = z.infer<typeof CreateWordListRequest>;

export const UpdateWordListRequest = z
  .strictObject({
    name: Name.optional(),
    action: WordListAction.optional(),
    applies_to: WordListScope.optional(),
    enabled: z.boolean().optional(),
    words: Words.optional().meta({ description: 'Instead of all words of the list' }),
    add: Words.optional().meta({ description: 'Besides the words of the list' }),
    remove: Words.optional().meta({ description: 'Words that the list shall not have; `add` comes after it' }),
  })
  .refine(({ words, add, remove }) => words === undefined || (add === undefined && remove === undefined), {
    path: ['words'],
    error: 'replaces all words, so it cannot come together with add or remove',
  })
  .meta({ id: 'UpdateWordList' });
export type UpdateWordListRequest = z.infer<typeof UpdateWordListRequest>;

export const WordListObject = z
  .object({
    id: z.string(),
    object: z.literal('word_list'),
    name: z.string(),
    action: WordListAction,
    applies_to: WordListScope,
    enabled: z.boolean(),
    word_count: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'WordList' });
export type WordListObject = z.infer<typeof WordListObject>;

/** The list with its words, which lists of lists leave out. */
export const WholeWordListObject = WordListObject.extend({ words: z.array(z.string()) }).meta({ id: 'WholeWordList' });
export type WholeWordListObject = z.infer<typeof WholeWordListObject>;

export const DeletedWordListObject = z
  .object({ id: z.string(), object: z.literal('word_list'), deleted: z.literal(true) })
  .meta({ id: 'DeletedWordList' });

import { z } from 'zod';
import { text } from './text.ts';

export const FilePurpose = z.enum([
  'assistants',
  'assistants_output',
  'batch',
  'batch_output',
  'evals',
  'fine-tune',
  'fine-tune-results',
  'user_data',
  'vision',
]);
export type FilePurpose = z.infer<typeof FilePurpose>;

const UploadPurpose = FilePurpose.exclude(['assistants_output', 'batch_output', 'fine-tune-results']);

/** What a batch's input may weigh, and any other file. */
export const batchFileBytesMax = 200 * 1024 * 1024;
export const fileBytesMax = 512 * 1024 * 1024;

/** From one hour to 30 days, as OpenAI has it. */
export const ExpirySeconds = z.coerce.number().int().min(3600).max(2_592_000);

/** The fields beside the file in an upload, with OpenAI's names in brackets. Other fields are ignored. */
export const UploadFields = z
  .object({
    purpose: UploadPurpose,
    'expires_after[anchor]': z.literal('created_at').optional(),
    'expires_after[seconds]': ExpirySeconds.optional(),
  })
  .refine((fields) => (fields['expires_after[anchor]'] === undefined) === (fields['expires_after[seconds]'] === undefined), {
    error: 'needs both anchor and seconds',
    path: ['expires_after'],
  });
export type UploadFields = z.infer<typeof UploadFields>;

/** What a file was called where it came from; never a path here. */
export const FileName = text(255).min(1);

/** For the documentation: an upload's parts. */
export const UploadFileForm = z
  .object({
    file: z.string().meta({ format: 'binary', description: 'The content; its file name is kept' }),
    purpose: UploadPurpose,
    expires_after: z.object({ anchor: z.literal('created_at'), seconds: ExpirySeconds }).optional(),
  })
  .meta({ id: 'UploadFile' });

const unixSeconds = z.int().nonnegative();

export const FileObject = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int().nonnegative(),
    created_at: unixSeconds,
    expires_at: unixSeconds.nullable(),
    filename: z.string(),
    purpose: FilePurpose,
    status: z.literal('processed'),
    status_details: z.null(),
  })
  .meta({ id: 'File' });
export type FileObject = z.infer<typeof FileObject>;

export const FileListQuery = z.object({
  purpose: FilePurpose.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().max(64).optional(),
});
export type FileListQuery = z.infer<typeof FileListQuery>;

export const DeletedFileObject = z
  .object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) })
  .meta({ id: 'DeletedFile' });

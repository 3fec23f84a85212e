import type { FileObject } from '@sluice/contract';
import type { StoredFile } from './stored-file.ts';

/** A file as callers see it. */
export function presentFile({ id, bytes, createdAt, expiresAt, filename, purpose }: StoredFile): FileObject {
  return {
    id,
    object: 'file',
    bytes,
    created_at: createdAt,
    expires_at: expiresAt,
    filename,
    purpose,
    // Nothing is left to do once it is stored; OpenAI's SDKs wait for this word.
    status: 'processed',
    status_details: null,
  };
}

import { createHash } from 'node:crypto';
import { batchFileBytesMax, FileName, fileBytesMax, UploadFields } from '@sluice/contract';
import { ContentTooLarge, type ContentStore } from '@sluice/content';
import {
  completeFile,
  dropFile,
  getFile,
  inTransaction,
  onceByKey,
  reserveFile,
  type Database,
  type StoredFile,
  type WrittenFile,
} from '@sluice/core';
import { AppError, parse, type Clock } from '@sluice/platform';
import type { Request } from 'express';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { principalOf } from '../http/principal.ts';
import { receiveUpload } from './receive-upload.ts';

export interface FileParts {
  db: Database;
  content: ContentStore;
  clock: Clock;
}

/** A batch's input goes after this unless its sender says otherwise, as OpenAI has it. */
const batchInputS = 30 * 86_400;

/**
 * Stores an uploaded file: the content first, as it comes, then what it is. Nobody sees it before both are there; when anything
 * fails, nothing of it stays.
 * @throws AppError invalid_request, too_large, idempotency_mismatch
 */
export async function acceptUpload(parts: FileParts, req: Request): Promise<StoredFile> {
  const { db, clock } = parts;
  const { userId } = principalOf(req);
  const key = idempotencyKeyOf(req);
  const id = await reserveFile(db.em(), userId, clock());
  try {
    const { written, hash } = await receive(parts, req, id);
    const fileId = await inTransaction(db.em(), async (tx) => {
      const { bytes: _bytes, id: _id, ...described } = written;
      const body = { ...described, hash };
      const { objectId, isNew } = await onceByKey(
        tx,
        { userId, route: 'files', key, body },
        async () => (await completeFile(tx, written)).id,
      );
      if (!isNew) await dropFile(tx, id);
      return objectId;
    });
    return await getFile(db.em(), { fileId, userId });
  } catch (error) {
    await dropFile(db.em(), id);
    throw error instanceof ContentTooLarge ? tooLarge(fileBytesMax) : error;
  }
}

async function receive({ content }: FileParts, req: Request, id: string): Promise<{ written: WrittenFile; hash: string }> {
  const hash = createHash('sha256');
  const {
    fields,
    filename,
    taken: bytes,
  } = await receiveUpload(req, (file) => content.put(id, hashed(file, hash), { bytesMax: fileBytesMax }));
  const { purpose, 'expires_after[seconds]': seconds } = parse(UploadFields, fields);
  const isBatch = purpose === 'batch';
  if (isBatch && !filename.endsWith('.jsonl')) {
    throw new AppError('invalid_request', 'Invalid file format for Batch API. Must be .jsonl', { param: 'file' });
  }
  if (isBatch && bytes > batchFileBytesMax) throw tooLarge(batchFileBytesMax);
  const expiresInS = seconds ?? (isBatch ? batchInputS : null);
  return { written: { id, purpose, filename: parse(FileName, filename), bytes, expiresInS }, hash: hash.digest('hex') };
}

async function* hashed(source: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('too_large', `The file is larger than ${bytesMax / 1024 / 1024} MB.`, { param: 'file' });
}

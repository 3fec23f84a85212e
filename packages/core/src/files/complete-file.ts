import type { FilePurpose } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { one, sql } from '../database/index.ts';
import { fileColumns, type StoredFile } from './stored-file.ts';

export interface WrittenFile {
  id: string;
  purpose: FilePurpose;
  filename: string;
  bytes: number;
  /** From now; null keeps it until it is deleted. */
  expiresInS: number | null;
}

/** Makes a reserved file visible, whose content is written as a whole. */
export function completeFile(tx: EntityManager, { id, purpose, filename, bytes, expiresInS }: WrittenFile): Promise<StoredFile> {
  return one<StoredFile>(
    tx,
    sql`update files set purpose = ${purpose}, filename = ${filename}, bytes = ${bytes}, stored_at = now(),
          expires_at = now() + make_interval(secs => ${expiresInS}::float8)
        where id = ${id} and stored_at is null returning ${fileColumns}`,
  );
}

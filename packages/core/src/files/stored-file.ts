import type { FilePurpose } from '@sluice/contract';
import { sql } from '../database/index.ts';

/** A file whose content is stored. Times are unix seconds. */
export interface StoredFile {
  id: string;
  userId: string;
  purpose: FilePurpose;
  filename: string;
  bytes: number;
  createdAt: number;
  expiresAt: number | null;
}

export const fileColumns = sql<StoredFile>`id, user_id as "userId", purpose, filename, bytes::float8 as bytes,
  extract(epoch from created_at)::int as "createdAt", extract(epoch from expires_at)::int as "expiresAt"`;

/** What callers may see: stored, not deleted, not expired. */
export const isVisible = sql`stored_at is not null and deleted_at is null and (expires_at is null or expires_at > now())`;

import { join } from 'node:path';
import type { Settings } from '@sluice/platform';
import type { ContentStore } from './content-store.ts';
import { createDiskStore } from './disk-store.ts';
import { createS3Store } from './s3-store.ts';

type ContentSettings = Pick<Settings, 'DATA_DIR' | 'S3_ENDPOINT' | 'S3_BUCKET' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY' | 'S3_REGION'>;

/**
 * The content store that the settings name: an S3 bucket, else `files` in DATA_DIR. Every API and worker process must see the
 * same one: with several machines that is S3, or a DATA_DIR on a volume that they share.
 */
export function openContent(settings: ContentSettings): ContentStore {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  if (!endpoint || !bucket || !accessKeyId || !secretAccessKey) return createDiskStore(join(settings.DATA_DIR, 'files'));
  return createS3Store({ endpoint, bucket, accessKeyId, secretAccessKey, region: settings.S3_REGION });
}

import { Readable } from 'node:stream';
import { AppError } from '@sluice/platform';
import { S3mini, S3ServiceError } from 's3mini';
import { checkKey, ContentMissing, withinBytes, type ContentStore } from './content-store.ts';

export interface S3Options {
  /** Without the bucket, such as `https://s3.eu-central-1.amazonaws.com` or `http://minio:9000`. */
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

/** S3 takes parts of 5 MB and more; two of these are in memory at once: one that is sent and one that fills. */
const partBytes = 8 * 1024 * 1024;

const contentType = 'application/octet-stream';

/**
 * Contents as objects of a bucket, addressed by path. One that is longer than a part is sent in parts, which nobody sees before
 * the last; parts that a crash leaves behind are for a lifecycle rule of the bucket (AbortIncompleteMultipartUpload).
 */
export function createS3Store({ endpoint, bucket, ...credentials }: S3Options): ContentStore {
  const s3 = new S3mini({ ...credentials, endpoint: `${endpoint.replace(/\/+$/, '')}/${bucket}` });

  async function putWhole(key: string, bytes: Uint8Array): Promise<number> {
    await reach(s3.putObject(key, bytes, contentType));
    return bytes.length;
  }

  async function putInParts(key: string, first: Uint8Array, rest: AsyncIterator<Uint8Array>): Promise<number> {
    const uploadId = await reach(s3.getMultipartUploadId(key, contentType));
    try {
      const parts = [];
      let bytes = 0;
      for (let part: IteratorResult<Uint8Array> = { value: first }; !part.done; part = await rest.next()) {
        parts.push(await reach(s3.uploadPart(key, uploadId, part.value, parts.length + 1)));
        bytes += part.value.length;
      }
      // S3 may answer 200 and say in the body that it failed; a success has an entity tag.
      const { etag } = await reach(s3.completeMultipartUpload(key, uploadId, parts));
      if (!etag) throw unreachable(new Error('the object store did not put the parts together'));
      return bytes;
    } catch (error) {
      await s3.abortMultipartUpload(key, uploadId).catch(() => undefined);
      throw error;
    }
  }

  return {
    async put(key, source, { bytesMax } = {}) {
      checkKey(key);
      const parts = inParts(withinBytes(source, bytesMax));
      const first = await parts.next();
      if (first.done) return putWhole(key, new Uint8Array());
      return first.value.length < partBytes ? putWhole(key, first.value) : putInParts(key, first.value, parts);
    },
    async read(key, range) {
      const end = range && range.start + range.length;
      const response = await reach(s3.getObjectRaw(checkKey(key), range === undefined, range?.start, end)).catch((error: unknown) => {
        throw isMissing(error) ? new ContentMissing(key, error) : error;
      });
      return response.body ? Readable.fromWeb(response.body) : Readable.from([]);
    },
    async delete(key) {
      await reach(s3.deleteObject(checkKey(key))).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    },
  };
}

const retryAfterMs = 2000;

/** The store is away, refuses our key, or has no such bucket: nothing that a caller could mend, and it may pass. */
function unreachable(cause: unknown): AppError {
  return new AppError('unavailable', 'The store of files cannot be reached. Try again.', { cause, retryAfterMs });
}

function reach<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw isMissing(error) ? error : unreachable(error);
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceError && error.status === 404 && error.serviceCode !== 'NoSuchBucket';
}

/** The same bytes, all but the last in pieces of one part. */
async function* inParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let part = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(chunk.length - at, partBytes - filled);
      part.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < partBytes) continue;
      yield part;
      part = Buffer.allocUnsafe(partBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

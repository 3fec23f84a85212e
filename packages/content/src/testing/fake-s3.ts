import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Options } from '../s3-store.ts';

/** An object store that speaks as much of S3 over HTTP as the content store uses, and refuses what S3 would refuse. */
export interface FakeS3 {
  options: S3Options;
  objects: Map<string, Buffer>;
  /** Uploads in parts that are neither complete nor aborted. */
  openUploads(): number;
  /** The largest body of one request. */
  largestBody(): number;
  /** From now on every completion answers 200 with an error in its body, as S3 may. */
  failCompletions(): void;
  close(): Promise<void>;
}

const smallestPart = 5 * 1024 * 1024;
const accessKeyId = 'AKIDEXAMPLE';

export async function startFakeS3(): Promise<FakeS3> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  let largest = 0;
  let isFailing = false;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = Buffer.concat((await req.toArray()) as Buffer[]);
    largest = Math.max(largest, body.length);
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://s3');
    const [, bucket, key = ''] = /^\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
    if (!req.headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${accessKeyId}/`)) return refuse(res, 403, 'AccessDenied');
    if (bucket !== 'content') return refuse(res, 404, 'NoSuchBucket');
    const uploadId = searchParams.get('uploadId');
    if (uploadId !== null && !uploads.has(uploadId)) return refuse(res, 404, 'NoSuchUpload');
    switch (`${req.method} ${searchParams.has('uploads') ? 'start' : uploadId === null ? 'object' : 'upload'}`) {
      case 'PUT object':
        objects.set(key, body);
        return void res.setHeader('etag', `"${hashOf(body)}"`).end();
      case 'GET object':
        return sendObject(req, res, objects.get(key));
      case 'DELETE object':
        objects.delete(key);
        return void res.writeHead(204).end();
      case 'POST start': {
        const id = randomUUID();
        uploads.set(id, new Map());
        return sendXml(res, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
      }
      case 'PUT upload':
        uploads.get(uploadId ?? '')?.set(Number(searchParams.get('partNumber')), body);
        return void res.setHeader('etag', `"${hashOf(body)}"`).end();
      case 'POST upload':
        return complete(res, key, uploadId ?? '');
      case 'DELETE upload':
        uploads.delete(uploadId ?? '');
        return void res.writeHead(204).end();
      default:
        return refuse(res, 405, 'MethodNotAllowed');
    }
  }

  function complete(res: ServerResponse, key: string, uploadId: string): void {
    if (isFailing) return sendXml(res, '<Error><Code>InternalError</Code><Message>Try again.</Message></Error>');
    const parts = [...(uploads.get(uploadId) ?? [])].sort(([a], [b]) => a - b).map(([, part]) => part);
    if (parts.slice(0, -1).some((part) => part.length < smallestPart)) return refuse(res, 400, 'EntityTooSmall');
    objects.set(key, Buffer.concat(parts));
    uploads.delete(uploadId);
    sendXml(res, `<CompleteMultipartUploadResult><ETag>"whole-${parts.length}"</ETag></CompleteMultipartUploadResult>`);
  }

  const server = createServer((req, res) => void answer(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    options: { endpoint: `http://127.0.0.1:${port}`, bucket: 'content', accessKeyId, secretAccessKey: 'secret', region: 'us-east-1' },
    objects,
    openUploads: () => uploads.size,
    largestBody: () => largest,
    failCompletions: () => void (isFailing = true),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function sendObject(req: IncomingMessage, res: ServerResponse, object: Buffer | undefined): void {
  if (!object) return refuse(res, 404, 'NoSuchKey');
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '') ?? [];
  if (first === undefined) return void res.end(object);
  if (Number(first) >= object.length) return refuse(res, 416, 'InvalidRange');
  res.writeHead(206).end(object.subarray(Number(first), last === '' ? undefined : Number(last) + 1));
}

function refuse(res: ServerResponse, status: number, code: string): void {
  res.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function sendXml(res: ServerResponse, xml: string): void {
  res.setHeader('content-type', 'application/xml').end(`<?xml version="1.0" encoding="UTF-8"?>${xml}`);
}

const hashOf = (body: Buffer): string => createHash('md5').update(body).digest('hex');

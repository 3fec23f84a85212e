import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { AppError } from '@sluice/platform';
import type { Request } from 'express';
import type { Readable } from 'node:stream';

/** What came beside the file, by name. */
export type FormFields = Record<string, string>;

export interface Upload<Taken> {
  filename: string;
  fields: FormFields;
  taken: Taken;
}

/** A sender that says nothing for this long has gone. The time of the whole upload is the server's to bound. */
const idleMs = 60_000;

const limits = { files: 1, fields: 20, parts: 30, fieldNameSize: 100, fieldSize: 4096, headerPairs: 50, headerSize: 16 * 1024 };

/**
 * Reads a multipart form with one file. The file goes to `take` as it comes, at the speed that takes it, since it stands in
 * front of the fields that say what it is. When the sender goes away, or anything fails, the stream that `take` reads breaks off.
 * @throws AppError invalid_request for what is no such form; what `take` throws
 */
export async function receiveUpload<Taken>(req: Request, take: (file: Readable) => Promise<Taken>): Promise<Upload<Taken>> {
  const form = createForm(req);
  const fields = Object.create(null) as FormFields;
  let file: { stream: Readable; filename: string; taking: Promise<Taken> } | null = null;
  return new Promise<Upload<Taken>>((resolve, reject) => {
    const fail = (error: unknown): void => {
      req.unpipe(form);
      // What is still on its way is read and dropped, so that the sender comes to read the answer.
      req.resume();
      file?.stream.destroy(error instanceof Error ? error : undefined);
      reject(error);
    };
    const broken = (cause: unknown): void =>
      fail(new AppError('invalid_request', 'The form could not be read: it is broken or ends too early.', { cause }));
    form.on('error', broken);
    form.on('field', (name, value) => void (fields[name] = value));
    form.on('file', (name, stream, filename) => {
      // Also on a stream that nobody reads, or reads no more: the parser tells it of a form that ends too early.
      stream.on('error', broken);
      if (name !== 'file') return void stream.resume();
      file = { stream, filename, taking: take(stream) };
      file.taking.catch(fail);
    });
    form.on('finish', () => {
      if (!file) return fail(new AppError('invalid_request', 'The form has no file.', { param: 'file' }));
      const { filename } = file;
      file.taking.then((taken) => resolve({ filename, fields, taken }), fail);
    });
    req.once('close', () => req.complete || fail(new AppError('invalid_request', 'The upload broke off.')));
    req.setTimeout(idleMs, () => req.destroy());
    req.pipe(form);
  }).finally(() => req.setTimeout(0));
}

function createForm(req: Request): BusboyInstance {
  try {
    return new Busboy({ headers: { ...req.headers, 'content-type': req.headers['content-type'] ?? '' }, limits });
  } catch (cause) {
    throw new AppError('invalid_request', 'content-type: must be multipart/form-data with a boundary', { param: 'content-type', cause });
  }
}

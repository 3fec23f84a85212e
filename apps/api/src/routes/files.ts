import { pipeline } from 'node:stream/promises';
import { DeletedFileObject, FileListQuery, FileObject, listOf, presentList, UploadFileForm } from '@sluice/contract';
import { deleteFile, getFile, listFiles, presentFile } from '@sluice/core';
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { acceptUpload, type FileParts } from '../files/accept-upload.ts';
import { answers, idempotencyHeader, inPath, openAiOperation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

const ownerOf = (req: Request) => ({ fileId: String(req.params['id']), userId: principalOf(req).userId });

/** Files, streamed both ways. Reads its own bodies: forms, not JSON. */
export function fileRoutes(parts: FileParts): Router {
  const { db, content } = parts;
  const router = Router();

  router.post('/', async (req, res) => {
    res.json(presentFile(await acceptUpload(parts, req)));
  });

  router.get('/', async (req, res) => {
    const query = parse(FileListQuery, req.query);
    const files = await listFiles(db.em(), principalOf(req).userId, query);
    res.json(presentList(files.map(presentFile), query.limit));
  });

  router.get('/:id', async (req, res) => {
    res.json(presentFile(await getFile(db.em(), ownerOf(req))));
  });

  router.get('/:id/content', async (req, res) => {
    const { id, bytes, filename } = await getFile(db.em(), ownerOf(req));
    const source = await content.read(id);
    res.attachment(filename);
    // Whatever its name says: no browser may take somebody's upload for a page of ours.
    res.setHeader('content-type', 'application/octet-stream');
    res.setHeader('content-length', bytes);
    await pipeline(source, res).catch((error: unknown) => {
      // A reader that went away is no fault; what breaks off here is cut off there, by its length.
      if (!res.destroyed) throw error;
    });
  });

  router.delete('/:id', async (req, res) => {
    const owner = ownerOf(req);
    await deleteFile(db.em(), owner);
    res.json({ id: owner.fileId, object: 'file', deleted: true });
  });

  return router;
}

const tags = ['OpenAI'];
const bytes = {
  200: { description: 'The content', content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } } },
};

/** Files. */
export const filePaths: ZodOpenApiPathsObject = {
  '/v1/files': {
    post: openAiOperation({
      tags,
      summary: 'Upload a file: up to 512 MB, as input of a batch up to 200 MB and named `.jsonl`',
      requestParams: idempotencyHeader,
      requestBody: { required: true, content: { 'multipart/form-data': { schema: UploadFileForm } } },
      responses: answers({ 200: FileObject }),
    }),
    get: openAiOperation({
      tags,
      summary: 'Your files, newest first',
      requestParams: { query: FileListQuery },
      responses: answers({ 200: listOf(FileObject) }),
    }),
  },
  '/v1/files/{id}': {
    get: openAiOperation({ tags, summary: 'What a file is', requestParams: inPath('id'), responses: answers({ 200: FileObject }) }),
    delete: openAiOperation({
      tags,
      summary: 'Delete a file; a batch that reads it goes on',
      requestParams: inPath('id'),
      responses: answers({ 200: DeletedFileObject }),
    }),
  },
  '/v1/files/{id}/content': {
    get: openAiOperation({ tags, summary: 'The content of a file', requestParams: inPath('id'), responses: bytes }),
  },
};

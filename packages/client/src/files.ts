import { createPages, type PageQuery, type Pages } from './pages.ts';
import type { CallOptions, CreateOptions, Transport } from './transport.ts';
import type { FileObject } from './wire.ts';

export interface Files {
  upload(content: Blob | string, options: CreateOptions & { filename: string; purpose?: string }): Promise<FileObject>;
  list(query?: PageQuery & { purpose?: string }, options?: CallOptions): Pages<FileObject>;
  get(fileId: string, options?: CallOptions): Promise<FileObject>;
  delete(fileId: string, options?: CallOptions): Promise<void>;
  /** The content as it comes; `text()` or `body` of the answer. */
  content(fileId: string, options?: CallOptions): Promise<Response>;
}

export function createFiles(transport: Transport): Files {
  const pathOf = (fileId: string) => `/v1/files/${encodeURIComponent(fileId)}`;
  return {
    upload(content, { filename, purpose = 'batch', ...options }) {
      const body = new FormData();
      body.set('purpose', purpose);
      body.set('file', typeof content === 'string' ? new Blob([content]) : content, filename);
      return transport.json({ ...options, method: 'POST', path: '/v1/files', body });
    },
    list: (query, options) => createPages<FileObject>(transport, '/v1/files', query, options),
    get: (fileId, options) => transport.json({ ...options, path: pathOf(fileId) }),
    delete: (fileId, options) => transport.json({ ...options, method: 'DELETE', path: pathOf(fileId) }),
    content: (fileId, options) => transport.open({ ...options, path: `${pathOf(fileId)}/content` }),
  };
}

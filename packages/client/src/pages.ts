import type { CallOptions, Transport } from './transport.ts';

export interface Page<Item> {
  object: 'list';
  data: Item[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** `await` it for the first page, or iterate over it for every item of every page. */
export type Pages<Item> = Promise<Page<Item>> & AsyncIterable<Item>;

export interface PageQuery {
  limit?: number | undefined;
  after?: string | undefined;
  order?: 'asc' | 'desc' | undefined;
}

/** A list: its first page is asked for at once, each other when the one before it is used up. */
export function createPages<Item>(transport: Transport, path: string, query: PageQuery = {}, options: CallOptions = {}): Pages<Item> {
  const ask = (more: PageQuery) => transport.json<Page<Item>>({ ...options, path, query: { ...query, ...more } });
  const first = ask({});
  // Who iterates meets the error there.
  first.catch(() => {});
  return Object.assign(first, {
    async *[Symbol.asyncIterator]() {
      for (let page = await first; ; page = await ask({ after: page.last_id ?? undefined })) {
        yield* page.data;
        if (!page.has_more || page.last_id === null) return;
      }
    },
  });
}

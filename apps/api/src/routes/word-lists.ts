import {
  CreateWordListRequest,
  DeletedWordListObject,
  listOf,
  ListQuery,
  presentList,
  UpdateWordListRequest,
  WholeWordListObject,
  WordListObject,
} from '@sluice/contract';
import { createWordList, deleteWordList, getWordList, listWordLists, updateWordList, wordListsTopic, type Database } from '@sluice/core';
import type { Bell } from '@sluice/events';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

interface WordListRoutesParts {
  db: Database;
  bell: Bell;
}

/** Lists of words that are masked or blocked, for administrators. Every process is told of a change. */
export function wordListRoutes({ db, bell }: WordListRoutesParts): Router {
  const router = Router();
  const announceChange = (): void => bell.ring(wordListsTopic);

  router.get('/', async (req, res) => {
    const query = parse(ListQuery, req.query);
    res.json(presentList(await listWordLists(db.em(), query), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateWordListRequest, req.body);
    const list = await createWordList(db.em(), { actorId: principalOf(req).userId, idempotencyKey: idempotencyKeyOf(req), request });
    announceChange();
    res.status(201).location(`/v1/admin/word-lists/${list.id}`).json(list);
  });

  router.get('/:id', async (req, res) => {
    res.json(await getWordList(db.em(), req.params.id));
  });

  router.patch('/:id', async (req, res) => {
    const changes = parse(UpdateWordListRequest, req.body);
    const list = await updateWordList(db.em(), { actorId: principalOf(req).userId, id: req.params.id, changes });
    announceChange();
    res.json(list);
  });

  router.delete('/:id', async (req, res) => {
    const { id } = req.params;
    await deleteWordList(db.em(), { actorId: principalOf(req).userId, id });
    announceChange();
    res.json({ id, object: 'word_list', deleted: true });
  });

  return router;
}

const tags = ['Administration: content'];

export const wordListPaths: ZodOpenApiPathsObject = {
  '/v1/admin/word-lists': {
    get: operation({
      tags,
      summary: 'List word lists, without their words',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(WordListObject) }),
    }),
    post: operation({
      tags,
      summary: 'Add a list of words that are masked or blocked',
      description: 'It applies to every question and answer from then on, on every route; see docs/content-rules.md.',
      requestParams: idempotencyHeader,
      requestBody: body(CreateWordListRequest),
      responses: answers({ 201: WholeWordListObject }),
    }),
  },
  '/v1/admin/word-lists/{id}': {
    get: operation({
      tags,
      summary: 'Show a word list with its words',
      requestParams: inPath('id'),
      responses: answers({ 200: WholeWordListObject }),
    }),
    patch: operation({
      tags,
      summary: 'Change a word list: replace its words, or add and remove some',
      requestParams: inPath('id'),
      requestBody: body(UpdateWordListRequest),
      responses: answers({ 200: WholeWordListObject }),
    }),
    delete: operation({
      tags,
      summary: 'Delete a word list',
      requestParams: inPath('id'),
      responses: answers({ 200: DeletedWordListObject }),
    }),
  },
};

import {
  CreateUserRequest,
  listOf,
  presentList,
  SyncUsersRequest,
  SyncUsersResult,
  UpdateUserRequest,
  UserListQuery,
  UserObject,
} from '@sluice/contract';
import { createUser, getUser, listUsers, presentUser, updateUser, type Database } from '@sluice/core';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { requestIdOf } from '../http/access-log.ts';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { acceptSync } from '../users/accept-sync.ts';

interface AdminUserRoutesParts {
  db: Database;
  clock: Clock;
}

/** All users, for administrators. */
export function adminUserRoutes({ db, clock }: AdminUserRoutesParts): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(UserListQuery, req.query);
    const users = await listUsers(db.em(), query);
    res.json(presentList(users.map(presentUser), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateUserRequest, req.body);
    const user = await createUser(db.em(), {
      actorId: principalOf(req).userId,
      request,
      idempotencyKey: idempotencyKeyOf(req),
      now: clock(),
    });
    res.status(201).json(presentUser(user));
  });

  router.post('/sync', async (req, res) => {
    const { users } = parse(SyncUsersRequest, req.body);
    const actorId = principalOf(req).userId;
    const data = await acceptSync({ db, actorId, rows: users, requestId: requestIdOf(req), now: clock() });
    res.json({ object: 'list', data });
  });

  router.get('/:id', async (req, res) => {
    res.json(presentUser(await getUser(db.em(), req.params.id)));
  });

  router.patch('/:id', async (req, res) => {
    const request = parse(UpdateUserRequest, req.body);
    const user = await updateUser(db.em(), { actorId: principalOf(req).userId, userId: req.params.id, request, now: clock() });
    res.json(presentUser(user));
  });

  return router;
}

const tags = ['Administration: users'];

export const adminUserPaths: ZodOpenApiPathsObject = {
  '/v1/admin/users': {
    get: operation({
      tags,
      summary: 'List users',
      requestParams: { query: UserListQuery },
      responses: answers({ 200: listOf(UserObject) }),
    }),
    post: operation({
      tags,
      summary: 'Make a user',
      requestParams: idempotencyHeader,
      requestBody: body(CreateUserRequest),
      responses: answers({ 201: UserObject }),
    }),
  },
  '/v1/admin/users/sync': {
    post: operation({
      tags,
      summary: 'Take over users of another system by their external ids',
      description: 'Each of `users` is a SyncUser and stands alone: the answer has, in the same order, its user or its error.',
      requestBody: body(SyncUsersRequest),
      responses: answers({ 200: SyncUsersResult }),
    }),
  },
  '/v1/admin/users/{id}': {
    get: operation({ tags, summary: 'Show a user', requestParams: inPath('id'), responses: answers({ 200: UserObject }) }),
    patch: operation({
      tags,
      summary: 'Change a user',
      requestParams: inPath('id'),
      requestBody: body(UpdateUserRequest),
      responses: answers({ 200: UserObject }),
    }),
  },
};
